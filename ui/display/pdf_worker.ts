/** The half of pdf.js that reads files, for a worker of its own. */
import "pdfjs-dist/build/pdf.worker.min.mjs";

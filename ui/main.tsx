import { render } from "preact";

render(<main>simppd</main>, document.getElementById("app")!);

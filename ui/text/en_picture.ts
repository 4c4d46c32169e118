/** What is said about one's own picture. */
export const picture = {
  picture: {
    title: "Your picture",
    lead:
      "Your contacts and your server see it; it is not encrypted. It is made small before it is sent.",
    choose: "Choose a picture",
    another: "Choose another",
    remove: "Show none",
    unreadable: "This file cannot be read as a picture. Choose a PNG, JPEG, WebP or GIF.",
  },
};

// Where things of this section are shown.

/** Return where a stored picture is shown. */
export const pictureLink = (key) => `#/faces/pictures/${encodeURIComponent(key)}`;

/** Return where a person is shown. */
export const personLink = (id) => `#/faces/people/${encodeURIComponent(id)}`;

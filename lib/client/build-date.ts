/**
 * The day this release was made, in ms since the Unix epoch. A clock that stands before it is wrong: a Raspberry
 * Pi has no battery clock and starts in the past until NTP answers. Set at each release (see CONTRIBUTING.md).
 */
export const BUILD_DATE_MS = Date.UTC(2026, 10, 20);

/** Changes that wait in quarantine for the office to decide, and the bytes they take. */
export type Waiting = { lines: number; bytes: number };

/** What may wait of one person from one device: the worst backlog of a device, 60 interviews and 120 readings with what was
 * quoted and corrected of them, refused as a whole, at 20 kB each. What is beyond stays on its device and is offered again. */
export const FROM_DEVICE: Waiting = { lines: 500, bytes: 10_000_000 };
/** What may wait of one person, whatever their devices. */
export const FROM_PERSON: Waiting = { lines: 1000, bytes: 20_000_000 };

/** From this much on, in percent, it is said that the place is running out. */
export const SAID_FROM = 80;

export const fits = (waiting: Waiting, quota: Waiting): boolean =>
	waiting.lines <= quota.lines && waiting.bytes <= quota.bytes;

/** How full the place is of what waits, in whole percent. */
export const filledBy = (waiting: Waiting, quota: Waiting): number =>
	Math.floor(100 * Math.max(waiting.lines / quota.lines, waiting.bytes / quota.bytes));

/** Recordings and pictures that the server keeps of one interview: an hour of voice is 30 MB, a photo 1 to 5. */
export const OF_INTERVIEW = { count: 60, bytes: 200_000_000 };

/** Bytes of recordings that it begins to take of one person within a day: twice the worst backlog, 60 interviews of a quarter
 * of an hour. */
export const OF_DAY = 1_000_000_000;

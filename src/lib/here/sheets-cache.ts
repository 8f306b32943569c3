import * as z from 'zod/mini';
import { Sheets } from '$lib/domain/sheet';
import type { PersonDatabase } from '$lib/local/database';

/** The sheets of one campaign as this device last received them. */
const Cached = z.looseObject({ etag: z.string(), sheets: Sheets, fetchedAt: z.string() });
export type Cached = z.infer<typeof Cached>;

const nameOf = (campaign: string): string => `sheets:${campaign}`;

/** What this device holds of a campaign, or nothing: what an older version wrote and this one cannot read is asked again. */
export async function readCached(db: PersonDatabase, campaign: string): Promise<Cached | undefined> {
	const parsed = Cached.safeParse(await db.readSealed(nameOf(campaign)));
	return parsed.success ? parsed.data : undefined;
}

/** How asking went. `at` is the server's time, until which what the device holds is surely right. */
export type Asked =
	{ state: 'new' | 'same'; at: string } | { state: 'offline' } | { state: 'refused'; problem: string };

/** Asks the server for a campaign's sheets and keeps them, unless they are the ones already here.
 * @param get how to call the server: throws without a network
 * @param now the device's time, kept to say when the sheets were received */
export async function askSheets(
	db: PersonDatabase,
	campaign: string,
	get: (path: string, headers: { [name: string]: string }) => Promise<Response>,
	now: string
): Promise<Asked> {
	const known = await readCached(db, campaign);
	const path = `/api/sheets?campaign=${encodeURIComponent(campaign)}`;
	let response: Response;
	let body: unknown;
	try {
		response = await get(path, known ? { 'if-none-match': known.etag } : {});
		body = response.status === 304 ? undefined : await response.json();
	} catch {
		return { state: 'offline' };
	}
	const at = new Date(response.headers.get('date') ?? now).toISOString();
	if (response.status === 304) return { state: 'same', at };
	if (!response.ok) return { state: 'refused', problem: (body as { problem?: string }).problem ?? 'unexpected' };
	const sheets = Sheets.safeParse(body);
	if (!sheets.success) return { state: 'refused', problem: 'unexpected' };
	const value: Cached = { etag: response.headers.get('etag') ?? '', sheets: sheets.data, fetchedAt: now };
	await db.writeSealed(nameOf(campaign), value);
	return { state: 'new', at };
}

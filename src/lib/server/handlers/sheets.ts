import { createHash } from 'node:crypto';
import { Problem } from '../../domain/problem';
import { inUse } from '../../domain/record';
import { mayDo } from '../../domain/rights';
import { forReader, Sheets } from '../../domain/sheet';
import type { App } from '../app';
import { byOf, endpoint } from '../endpoint';
import { sendJson } from '../body';
import { noteAlone } from '../journal';
import { releaseInside, releaseOutside, sequenceOf } from '../sheets';
import { sheetsCsv } from '../sheets-csv';
import { loadKind } from '../store';

/** `?campaign=<id>`, and `&format=csv&language=fr` for a file, under the stricter threshold of what leaves the structure. */
export const sheets = endpoint({
	method: 'GET',
	path: '/api/sheets',
	summary: 'The sheets of a campaign, as released to the caller; JSON, or CSV for a director',
	act: 'read-sheets',
	reply: Sheets,
	async handle({ app, request, session }) {
		const asked = new URL(request.url).searchParams;
		const campaign = asked.get('campaign') ?? '';
		if (asked.get('format') === 'csv') {
			if (!mayDo(session.person, 'export-sheets')) throw new Problem('right.missing', 403);
			const released = await releaseOutside(app, session.structure.id, campaign);
			const by = byOf({ session });
			await noteAlone(app, session.structure.id, { act: 'sheets.exported', ...by, subject: released.campaign.id });
			return new Response(
				sheetsCsv(released, await antennaNames(app, session.structure.id), asked.get('language') ?? 'fr'),
				{
					headers: {
						'content-type': 'text/csv; charset=utf-8',
						'content-disposition': 'attachment; filename="temoin.csv"',
						'cache-control': 'no-store'
					}
				}
			);
		}
		const rights = createHash('sha256').update(JSON.stringify(session.person.grants)).digest('base64url').slice(0, 8);
		const etagAt = (sequence: number) => `"${app.version}-${campaign.slice(0, 8)}-${sequence}-${rights}"`;
		// The device keeps it in its vault; the browser's own cache would keep it in clear.
		const fresh = (etag: string) => ({ etag, 'cache-control': 'no-store' });
		const known = request.headers.get('if-none-match')?.replace('W/', '');
		// Asked at every exchange and mostly unchanged: nothing is put together then.
		if (known && known === etagAt(await sequenceOf(app.db, session.structure.id)))
			return new Response(null, { status: 304, headers: fresh(known) });
		const { sheets, campaign: scope } = await releaseInside(app, session.structure.id, campaign);
		const headers = fresh(etagAt(sheets.sequence));
		return await sendJson(request, JSON.stringify(forReader(sheets, session.person, scope)), { headers });
	}
});

async function antennaNames(app: App, structure: string): Promise<Map<string, string>> {
	return new Map(
		(await loadKind(app.db, structure, 'antenna')).map(({ id, fields }) => [id, String(inUse(fields, 'name'))])
	);
}

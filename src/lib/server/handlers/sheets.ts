import { Problem } from '../../domain/problem';
import { mayDo } from '../../domain/actor';
import { forFile, forReader, Sheets } from '../../domain/sheet';
import { byOf, endpoint } from '../door/endpoint';
import { sendJson } from '../door/body';
import { noteAlone } from '../keeping/journal';
import { liveSheets, sequenceOf } from '../office/sheets';
import { sha256 } from '../database/hash';

/** `?campaign=<id>`, and `&for=file` for what a file of an open campaign may hold: a director's, and in the journal before
 * it is given. */
export const sheets = endpoint({
	method: 'GET',
	path: '/api/sheets',
	summary: 'The sheets of a campaign, as far as the caller may see them, or for a director’s file',
	act: 'read-sheets',
	reply: Sheets,
	async handle({ app, request, session }) {
		const asked = new URL(request.url).searchParams;
		const campaign = asked.get('campaign') ?? '';
		if (asked.get('for') === 'file') {
			if (!mayDo(session.person, 'export-sheets')) throw new Problem('right.missing', 403);
			const { sheets, framework } = await liveSheets(app, session.structure.id, campaign);
			const by = byOf({ session });
			await noteAlone(app, session.structure.id, { act: 'sheets.exported', ...by, subject: sheets.campaign });
			return await sendJson(request, JSON.stringify(forFile(sheets, framework)));
		}
		const rights = sha256(JSON.stringify(session.person.grants), 8);
		const etagAt = (sequence: number) => `"${app.version}-${campaign.slice(0, 8)}-${sequence}-${rights}"`;
		// The device keeps it in its vault; the browser's own cache would keep it in clear.
		const fresh = (etag: string) => ({ etag, 'cache-control': 'no-store' });
		const known = request.headers.get('if-none-match')?.replace('W/', '');
		// Asked at every exchange and mostly unchanged: nothing is put together then.
		if (known && known === etagAt(await sequenceOf(app.db, session.structure.id)))
			return new Response(null, { status: 304, headers: fresh(known) });
		const { sheets, campaign: scope, framework } = await liveSheets(app, session.structure.id, campaign);
		const part = forReader(sheets, session.person, scope, framework);
		return await sendJson(request, JSON.stringify(part), { headers: fresh(etagAt(sheets.sequence)) });
	}
});

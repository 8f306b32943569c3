import { approvalOf } from '$lib/domain/excerpt';
import type { Approval } from '$lib/domain/excerpt-shapes';
import { createHash } from 'node:crypto';
import { receiptText } from '$lib/domain/code';
import { criteriaOf } from '$lib/domain/framework';
import { inUse } from '$lib/domain/record';
import type { Grant } from '$lib/domain/structure';
import type { App } from '$lib/server/app';
import { openFictitious } from '$lib/server/fictitious/structure';
import { templateFramework } from '$lib/server/templates';
import { once } from './copies';
import { openApp, type DatabaseName } from './databases';
import {
	addTotp,
	call,
	change,
	enrol,
	entered,
	knowProtected,
	PASSPHRASE,
	pullAll,
	setUp,
	sync,
	uuid,
	type Device
} from './server';

/** Cap Bigorre as its server knows it, without a tablet's code: Claire directs, Sandrine interviews in Lourdes and Nadia in
 * Tarbes, Paul types the figures of Lourdes, Ruth reads for the network. */
export type Office = {
	app: Awaited<ReturnType<typeof openApp>>;
	structure: string;
	claire: Device;
	sandrine: Device;
	nadia: Device;
	paul: Device;
	tarbes: string;
	lourdes: string;
	campaign: string;
	framework: string;
};

export async function openOffice(name: DatabaseName): Promise<Office> {
	const app = await openApp(name);
	const made = await once(app, 'office', () => makeOffice(app));
	knowProtected(app, made.claire);
	return { app, ...made };
}

async function makeOffice(app: Office['app']): Promise<Omit<Office, 'app'>> {
	const claire = await setUp(app);
	const { records } = await pullAll(app, claire);
	const antenna = (wanted: string) =>
		records.find(({ kind, fields }) => kind === 'antenna' && inUse(fields, 'name') === wanted)!.id;
	const [tarbes, lourdes] = [antenna('Tarbes'), antenna('Lourdes')];
	const framework = records.find(({ kind }) => kind === 'framework')!.id;
	const opening = change('campaign', {
		title: '2014',
		from: '2014-01',
		to: '2014-12',
		framework,
		criteria: criteriaOf(await templateFramework()).map(({ id }) => id),
		antennas: [tarbes, lourdes],
		state: 'open'
	});
	await sync(app, claire, [opening]);
	const person = (who: string, grants: Grant[]) => enrol(app, claire, who, grants);
	return {
		structure: claire.session.structure.id,
		claire,
		sandrine: await person('Sandrine', [{ role: 'counsellor', antennas: [lourdes] }]),
		nadia: await person('Nadia', [{ role: 'counsellor', antennas: [tarbes] }]),
		paul: await person('Paul', [{ role: 'antenna-staff', antennas: [lourdes] }]),
		tarbes,
		lourdes,
		campaign: opening.record,
		framework
	};
}

/** Ruth reads for the network; whoever does has a second factor. */
export async function openNetwork({ app, claire }: Office): Promise<Device> {
	const ruth = await enrol(app, claire, 'Ruth', [{ role: 'network', antennas: [] }]);
	await addTotp(app, ruth);
	return ruth;
}

/** The director of the fictitious structure on the same server, which `npm run seed` put there. */
export async function openOther(app: App): Promise<Device> {
	await openFictitious(app);
	const body = { role: 'director', device: { id: uuid(), name: 'Ailleurs' } };
	return await entered(await call(app, 'POST', '/api/explore', { body }));
}

/** The status and the code of a problem. */
export async function problem(response: Response): Promise<[number, string]> {
	return [response.status, ((await response.json()) as { problem: string }).problem];
}

/** The first step of a sign-in, on a device of its own. */
export const signIn = (
	app: App,
	structure: string,
	name: string,
	{ passphrase = PASSPHRASE, device = { id: uuid(), name: 'Poste' }, from = '127.0.0.1', cookie = '' } = {}
): Promise<Response> => {
	const headers: Record<string, string> = cookie ? { cookie } : {};
	return call(app, 'POST', '/api/session', { body: { structure, name, passphrase, device }, from, headers });
};

export const idOf = ({ session }: Device): string => session.person.id;
export const deviceOf = ({ session }: Device): string => session.device.id;

/** What the table of a record's receipts keeps of a code. */
export const receiptHash = (structure: string, code: string): string =>
	createHash('sha256').update(receiptText(structure, code)).digest('base64url');

export const QUESTION = 'q-estime-fierte-travail';
export const OPEN_QUESTION = 'q-reconnaissance-estime-employee-1';
export const CRITERION = 'reconnaissance-estime';

/** A finished interview of Sandrine's at Lourdes, and what she drew from it. `words` is the answer to the open question;
 * `quote`, a passage of it. */
export type Told = {
	words?: string;
	quote?: string;
	code?: string;
	fields?: { [field: string]: unknown };
	by?: Device;
};
export const told = (office: Office, { words, code, fields = {} }: Told = {}) =>
	change('interview', {
		campaign: office.campaign,
		framework: office.framework,
		stakeholder: 'employee',
		antenna: office.lourdes,
		mode: 'face',
		on: '2014-11-12',
		criteria: [CRITERION],
		state: 'finished',
		[`answer:${QUESTION}`]: { value: 4 },
		...(words === undefined ? {} : { [`answer:${OPEN_QUESTION}`]: { words } }),
		...(code === undefined ? {} : { receipt: receiptHash(office.structure, code) }),
		'consent:usage-evaluation': 'yes',
		'consent:citation-anonyme': 'yes',
		'consent:enregistrement-voix': 'yes',
		...fields
	});
export const quoted = (office: Office, about: string, words: string, fields: { [field: string]: unknown } = {}) =>
	change(
		'excerpt',
		{
			campaign: office.campaign,
			stakeholder: 'employee',
			antenna: office.lourdes,
			passage: { question: OPEN_QUESTION, start: 0, end: words.length, words },
			criterion: CRITERION,
			valence: 'added',
			quote: 'anonymous',
			...fields
		},
		{ about }
	);

/** Sandrine hears somebody, and quotes them where a passage is given. */
export async function hear(office: Office, telling: Told = {}): Promise<{ interview: string; excerpt: string }> {
	const one = told(office, telling);
	const { antenna, stakeholder } = one.fields;
	const excerpt =
		telling.quote === undefined ? undefined : quoted(office, one.record, telling.quote, { antenna, stakeholder });
	const { receipts } = await sync(office.app, telling.by ?? office.sandrine, excerpt ? [one, excerpt] : [one]);
	if (receipts.some(({ verdict }) => verdict !== 'applied')) throw new Error(JSON.stringify(receipts));
	return { interview: one.record, excerpt: excerpt?.record ?? '' };
}

/** The values a field has now, an edit's `seen`. */
export async function seenBy(app: App, device: Device, record: string, field: string): Promise<string[]> {
	const { records } = await pullAll(app, device);
	return records.find(({ id }) => id === record)?.fields[field]?.map(({ change }) => change) ?? [];
}

/** A decision on an excerpt as it stands on the director's screen. */
export async function approving(
	app: App,
	director: Device,
	excerpt: string,
	decision: 'approved' | 'set-aside' = 'approved'
): Promise<{ approval: Approval }> {
	const { records } = await pullAll(app, director);
	return { approval: approvalOf(records.find(({ id }) => id === excerpt)?.fields ?? {}, decision) };
}

/** The director approves a quote: it is then on the page of its criterion. */
export async function approve({ app, claire }: Office, excerpt: string, about: string): Promise<void> {
	const approval = change('excerpt', await approving(app, claire, excerpt), { record: excerpt, about });
	const { receipts } = await sync(app, claire, [approval]);
	if (receipts[0]!.verdict !== 'applied') throw new Error(JSON.stringify(receipts));
}

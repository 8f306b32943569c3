import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { inject } from 'vitest';
import { readingId } from '$lib/domain/reading';
import { openDatabase, sqliteFile } from '$lib/server/database/open';
import type { DatabaseName, TestApp } from './databases';
import { hashOf, naming, putAll, recording, type Content } from './media';
import { deviceOf, hear, idOf, openNetwork, openOffice, openOther, type Office } from './office';
import { openVaultOf } from './sealed';
import { addTotp, call, change, enrol, sync, uuid, type Device } from './server';
import { storedRecords } from './stored';

/** Whose the thing is that somebody asks for. */
export const RELATIONS = ['own', 'peer', 'antenna', 'structure', 'erased'] as const;
export type Relation = (typeof RELATIONS)[number];

/** Who asks: the four roles, and those who must not get in any more, or not yet. */
export const INSIDE = ['counsellor', 'antenna-staff', 'director', 'network'] as const;
export const OUTSIDE = ['unprotected', 'revoked', 'left', 'nobody'] as const;
export type Asker = (typeof INSIDE)[number] | (typeof OUTSIDE)[number];

/** What a person has that others may ask for: `key` is of their vault, `piece` their recording as it lies sealed there,
 * `refused` the hash of what is in quarantine. */
type Things = {
	person: string;
	device: string;
	factor: string;
	interview: string;
	excerpt: string;
	reading: string;
	media: string;
	piece: string;
	key: string;
	refused: string;
};

export type Stage = Office & {
	askers: { [asker in Asker]: Device | undefined };
	/** What is this asker's own, a peer's, of the other antenna, of the other structure, or gone. */
	things: (asker: Asker, relation: Relation) => Things;
	other: { structure: string; campaign: string; antenna: string; framework: string };
	/** The same server on a copy of its database, for one question. */
	copy: () => Promise<TestApp>;
};

/** Cap Bigorre with somebody of every role, something of everybody's, and another structure beside it. */
export async function openStage(name: DatabaseName): Promise<Stage> {
	const office = await openOffice(name);
	const { app, claire, sandrine, nadia, paul, lourdes, tarbes, campaign } = office;
	const ruth = await openNetwork(office);
	const vera = await enrol(app, claire, 'Vera', [{ role: 'director', antennas: [] }]);
	const una = await enrol(app, claire, 'Una', [{ role: 'director', antennas: [] }]);
	const lena = await enrol(app, claire, 'Lena', [{ role: 'counsellor', antennas: [lourdes] }]);
	for (const one of [vera, sandrine, nadia, paul, lena]) await addTotp(app, one);
	const stranger = await openOther(app);
	await addTotp(app, stranger);

	const factors = await app.db.selectFrom('factor').select(['id', 'person_id']).execute();
	/** A voice note that has come whole, a vault its server knows, and another change under the interview's id. */
	const keptOf = async (device: Device, interview: string, content: Content) => {
		await putAll(app, device, interview, content);
		const vault = await openVaultOf(app, device);
		const media = hashOf(content);
		const twin = change('interview', { note: 'une autre' }, { id: interview });
		await sync(app, device, [twin]);
		const { hash } = await app.db
			.selectFrom('quarantine')
			.select('hash')
			.where('change_id', '=', interview)
			.executeTakeFirstOrThrow();
		return {
			media,
			piece: await vault.sealBytes(`${media}|0`, content, { schema: 'media-1' }),
			...vault.place,
			refused: hash
		};
	};
	let contents = 0;
	const thingsOf = async (device: Device, antenna: string): Promise<Things> => {
		const content = recording(200, ++contents);
		const { interview, excerpt } = await hear(office, {
			by: device,
			words: 'Une parole',
			quote: 'Une',
			fields: { antenna, ...naming(content) }
		});
		return {
			...(await keptOf(device, interview, content)),
			person: idOf(device),
			device: deviceOf(device),
			factor: factors.find(({ person_id }) => person_id === idOf(device))?.id ?? uuid(),
			interview,
			excerpt,
			reading: readingId({ campaign, place: antenna, period: '2014-03', indicator: `i-${idOf(device).slice(0, 8)}` })
		};
	};
	const all = new Map<Device, Things>();
	for (const [device, antenna] of [
		[claire, lourdes],
		[sandrine, lourdes],
		[nadia, tarbes],
		[paul, lourdes],
		[lena, lourdes]
	] as const)
		all.set(device, await thingsOf(device, antenna));
	await sync(
		app,
		claire,
		[nadia, paul, sandrine].map((one) => change('reading', { value: { amount: 1 } }, { record: all.get(one)!.reading }))
	);
	const nothing = (device: Device): Things => ({
		...all.get(nadia)!,
		person: idOf(device),
		device: deviceOf(device),
		factor: factors.find(({ person_id }) => person_id === idOf(device))?.id ?? uuid(),
		interview: uuid(),
		excerpt: uuid(),
		key: uuid(),
		refused: 'x'
	});

	const theirs = await storedRecords(app, stranger.session.structure.id);
	const of = (kind: string) => theirs.find((one) => one.kind === kind)!;
	const excerpt = of('excerpt');
	const other = {
		structure: stranger.session.structure.id,
		campaign: of('campaign').id,
		antenna: of('antenna').id,
		framework: of('framework').id
	};
	const told = recording(200, ++contents);
	const { interview } = await hear(office, { by: stranger, fields: { antenna: other.antenna, ...naming(told) } });
	const strange: Things = {
		...(await keptOf(stranger, interview, told)),
		person: idOf(stranger),
		device: deviceOf(stranger),
		factor: factors.find(({ person_id }) => person_id === idOf(stranger))!.id,
		interview,
		excerpt: excerpt.id,
		reading: readingId({ campaign, place: other.antenna, period: '2014-03', indicator: 'x' })
	};
	const gone = all.get(lena)!;
	await call(app, 'DELETE', `/api/testimonies/${gone.interview}`, { as: claire });
	await call(app, 'DELETE', `/api/people/${idOf(lena)}`, { as: claire });
	await call(app, 'DELETE', `/api/devices/${deviceOf(vera)}`, { as: claire });

	const askers: Stage['askers'] = {
		counsellor: sandrine,
		'antenna-staff': paul,
		director: claire,
		network: ruth,
		unprotected: una,
		revoked: vera,
		left: lena,
		nobody: undefined
	};
	const things = (asker: Asker, relation: Relation): Things => {
		const device = askers[asker];
		switch (relation) {
			case 'own':
				return (device && all.get(device)) ?? nothing(device ?? sandrine);
			case 'peer':
				return all.get(device === sandrine ? paul : sandrine)!;
			case 'antenna':
				return all.get(nadia)!;
			case 'structure':
				return strange;
			case 'erased':
				return { ...gone, factor: uuid(), device: deviceOf(vera) };
		}
	};
	return { ...office, askers, things, other, copy: await copier(name, app) };
}

/** Seals the database as a template and gives copies of it. */
async function copier(name: DatabaseName, app: TestApp): Promise<() => Promise<TestApp>> {
	let made = 0;
	if (name === 'SQLite') {
		const template = join(app.folder, 'template.sqlite');
		await sql`vacuum into ${template}`.execute(app.db);
		return async () => {
			const folder = join(app.folder, `copy-${++made}`);
			mkdirSync(folder);
			copyFileSync(template, sqliteFile(folder));
			return { ...app, folder, where: { folder }, db: await openDatabase({ folder }, '*') };
		};
	}
	const { url } = app.where as { url: string };
	const template = url.slice(url.lastIndexOf('/') + 1);
	await app.db.destroy(); // a template is copied while nobody is in it
	return async () => {
		const copy = `${template}_${++made}`;
		const client = new pg.Client(`${inject('postgres')}/postgres`);
		await client.connect();
		await client.query(`create database ${copy} template ${template} owner ordinary`);
		await client.end();
		const where = { url: url.replace(template, copy) };
		return { ...app, where, db: await openDatabase(where, '*') };
	};
}

import type { SetUp } from '../../domain/session';
import { newId, nowOf, type App } from '../app';
import { savePerson } from './people';
import { noteSettled } from '../keeping/resettle';
import { signerOf } from '../keeping/proofs';
import { push, type Author } from '../exchange/push';
import { templateFramework } from '../templates';
import { loadKind, type Reader, type Trx } from '../database/store';
import { valueOf } from '../../domain/kinds/values';

/** The people, places and framework of a new structure. */
export type Founding = {
	name: string;
	fictitious: boolean;
	antennas: { name: string; note?: { fr: string; en: string } }[];
	director: string;
};

export type Founded = { structure: string; director: string; antennas: string[]; framework: string };

/** The structure that was set up on this server, once there is one. */
export const realStructure = async (db: Reader): Promise<string | undefined> =>
	(await db.selectFrom('structure').select('id').where('fictitious', '=', 0).executeTakeFirst())?.id;

/** Whether somebody may still set a real structure up: as long as there is none. */
export const canSetUp = async (app: App, db: Reader = app.db): Promise<boolean> =>
	(await realStructure(db)) === undefined;

/** Founds a structure with its antennas, its director and its own copy of the template framework. */
export async function found(app: App, trx: Trx, founding: Founding): Promise<Founded> {
	const structure = newId(app);
	await trx
		.insertInto('structure')
		.values({
			id: structure,
			epoch: newId(app),
			sequence: 0,
			fictitious: founding.fictitious ? 1 : 0,
			created_at: nowOf(app),
			backup_sequence: null,
			backup_at: null
		})
		.execute();
	await signerOf(app, trx, structure);
	await noteSettled(trx, structure);
	const director = await savePerson(app, trx, structure, {
		name: founding.director,
		grants: [{ role: 'director', antennas: [] }]
	});
	const author: Author = { structure, id: director, device: 'server', grants: [{ role: 'director', antennas: [] }] };
	const antennas = founding.antennas.map(() => newId(app));
	const framework = newId(app);
	const creating = (kind: string, id: string, fields: { [field: string]: unknown }, change = id) => ({
		id: change,
		kind,
		record: id,
		fields,
		seen: {},
		at: nowOf(app)
	});
	await push(
		app,
		trx,
		author,
		[
			creating('structure', structure, { name: founding.name, fictitious: founding.fictitious, k: 5, kShared: 11 }),
			...founding.antennas.map(({ name, note }, order) =>
				creating('antenna', antennas[order]!, { name, order, ...(note ? { note } : {}) })
			),
			creating('framework', framework, { definition: await templateFramework() })
		],
		{ sequence: 0, audiences: new Set() }
	);
	return { structure, director, antennas, framework };
}

/** Gives a structure the template of today, where it has an earlier one: campaigns keep the version they were opened with. */
export async function ensureTemplate(app: App, trx: Trx, structure: string): Promise<void> {
	const template = await templateFramework();
	const known = (await loadKind(trx, structure, 'framework')).map(({ fields }) =>
		valueOf('framework', fields, 'definition')
	);
	const isKnown = known.some((one) => one?.id === template.id && one.version === template.version);
	if (isKnown || !known.some((one) => one?.id === template.id)) return;
	const id = newId(app);
	const author: Author = { structure, id: 'server', device: 'server', grants: [] };
	const change = { id, kind: 'framework', record: id, fields: { definition: template }, seen: {}, at: nowOf(app) };
	await push(app, trx, author, [change], { sequence: 0, audiences: new Set() }, false);
}

/** The first set-up, as its form says it. */
export const foundingOf = (form: SetUp): Founding => ({
	name: form.structure,
	fictitious: false,
	antennas: form.antennas.map((name) => ({ name })),
	director: form.director
});

import type { SetUp } from '../domain/session';
import { newId, nowOf, type App } from './app';
import { savePerson } from './people';
import { signerOf } from './proofs';
import { push, type Author } from './push';
import { templateFramework } from './templates';
import type { Trx } from './store';

/** The people, places and framework of a new structure. */
export type Founding = {
	name: string;
	fictitious: boolean;
	antennas: { name: string; note?: { fr: string; en: string } }[];
	director: string;
};

export type Founded = { structure: string; director: string; antennas: string[]; framework: string };

/** Whether somebody may still set a real structure up: as long as there is none. */
export async function canSetUp(app: App, db: App['db'] | Trx = app.db): Promise<boolean> {
	const real = await db.selectFrom('structure').select('id').where('fictitious', '=', 0).executeTakeFirst();
	return !real;
}

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

/** The first set-up, as its form says it. */
export const foundingOf = (form: SetUp): Founding => ({
	name: form.structure,
	fictitious: false,
	antennas: form.antennas.map((name) => ({ name })),
	director: form.director
});

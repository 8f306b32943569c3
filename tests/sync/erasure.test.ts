import { describe, expect, test } from 'vitest';
import { DATABASES, openApp } from '../support/databases';
import { interview, openScene, type Scene } from '../support/scene';
import { call } from '../support/server';

const erase = async ({ app, claire }: Scene, id: string): Promise<void> => {
	const response = await call(app, 'DELETE', `/api/testimonies/${id}`, { as: claire.device });
	expect(response.status).toBe(204);
};

describe.each(DATABASES)('somebody erased on a server on %s', (name) => {
	test('leaves nothing on the tablet at its next contact: not the record, not what was sent, not what was unsent', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene, { label: 'Karim' }));
		const excerpt = await sandrine.create(
			'excerpt',
			{ campaign: scene.campaign, criterion: 'c', valence: 'added' },
			id
		);
		const other = await sandrine.create('interview', interview(scene, { label: 'Inès' }));
		await sandrine.sync();
		expect(await sandrine.db.sent.count()).toBeGreaterThan(0);
		await sandrine.edit('interview', id, { note: 'écrit sans réseau' });
		await sandrine.create('excerpt', { campaign: scene.campaign, criterion: 'c', valence: 'improve' }, id);
		await sandrine.edit('interview', other, { note: 'garder' });
		await erase(scene, id);

		expect(await sandrine.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(await sandrine.view(id)).toBeUndefined();
		expect(await sandrine.list('excerpt')).toEqual([]);
		expect(await sandrine.db.outbox.count()).toBe(0);
		const kept = (await sandrine.db.sent.toArray()).flatMap(({ changes }) => changes);
		expect(kept.filter(({ record, about }) => record === id || about === id || record === excerpt)).toEqual([]);
		expect(kept.some(({ record }) => record === other)).toBe(true);
		expect((await sandrine.db.erased.toArray()).map((row) => row.id)).toEqual(expect.arrayContaining([id, excerpt]));
		expect((await sandrine.view(other))!.fields.note![0]!.value).toBe('garder');
	});

	test('is not brought back by an edit whose reply was lost, nor by one made after', async () => {
		const scene = await openScene(await openApp(name));
		const { sandrine } = scene;
		const id = await sandrine.create('interview', interview(scene));
		await sandrine.sync();
		await sandrine.edit('interview', id, { note: 'une note' });
		sandrine.net = async (go) => {
			await go();
			throw new TypeError('the reply was lost');
		};
		await sandrine.sync();
		await erase(scene, id);
		await sandrine.edit('interview', id, { label: 'K.' });
		sandrine.net = (go) => go();
		expect(await sandrine.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
		expect(await sandrine.db.outbox.count()).toBe(0);
		expect(await sandrine.view(id)).toBeUndefined();
		const left = await scene.app.db.selectFrom('change').select('id').where('record_id', '=', id).execute();
		expect(left).toEqual([]);
		expect(await sandrine.db.refused.count()).toBe(0);
	});
});

import { expect, test } from 'vitest';
import { readSetting } from '$lib/local/database';
import { openEpoch } from '$lib/server/exchange/pull';
import { openApp } from '../support/databases';
import { recording } from '../support/media';
import { interview, openScene } from '../support/scene';
import { call } from '../support/server';

test('a line cut after the exchange breaks nothing: the recordings leave, and what is left goes on with the next visit', async () => {
	const scene = await openScene(await openApp('SQLite'));
	const { sandrine, app } = scene;
	const id = await sandrine.create('interview', interview(scene));
	await sandrine.sync();
	await sandrine.record(id, recording(500));
	// The server came back from before: keys' wraps are to be left again, and there the line is cut.
	await openEpoch(app, sandrine.device.session.structure.id);
	await sandrine.db.settings.bulkPut([{ name: 'wrap:old', value: 'x' }]);
	const { sendPiece } = sandrine;
	sandrine.sendPiece = (path, ...more) => {
		if (path === '/api/vault') throw new TypeError('cut');
		return sendPiece(path, ...more);
	};
	expect(await sandrine.sync()).toMatchObject({ state: 'done', position: { digest: 'equal' } });
	expect((await sandrine.db.media.toArray()).map(({ state }) => state)).toEqual(['sent']);
	expect(await readSetting(sandrine.db, 'make-good')).toBe(true);
});

test('what storage fails at is said as a device that is broken', async () => {
	const scene = await openScene(await openApp('SQLite'));
	const { sandrine } = scene;
	sandrine.db.close();
	expect(await sandrine.sync()).toMatchObject({ state: 'broken' });
});

test('a director’s change of somebody’s rights comes back with the visit that brings it', async () => {
	const scene = await openScene(await openApp('SQLite'));
	const { app, claire, sandrine, tarbes } = scene;
	expect((await sandrine.visit()).person).toBeUndefined();
	const grants = [{ role: 'counsellor', antennas: [tarbes] }];
	const body = { name: 'Sandrine', grants };
	await call(app, 'PUT', `/api/people/${sandrine.person}`, { as: claire.device, body });
	expect((await sandrine.visit()).person).toMatchObject(body);
});

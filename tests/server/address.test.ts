import { describe, expect, test } from 'vitest';
import { addressOf, hostOf, originOf, watchForProxy } from '$lib/server/door/address';

const asked = (...names: string[]) => new Headers(names.map((name): [string, string] => [name, '10.0.0.1']));

describe('a web server in front', () => {
	test.each(['X-Forwarded-For', 'Forwarded', 'X-Real-IP'])(
		'that says for whom it asks (%s), and that nobody told us of, is named on the console once',
		(header) => {
			const said: string[] = [];
			const look = watchForProxy({}, (words) => said.push(words));
			look(asked('accept'));
			expect(said).toEqual([]);
			for (let i = 0; i < 3; i++) look(asked(header, 'X-Forwarded-For'));
			expect(said).toHaveLength(1);
			expect(said[0]).toMatch(/ADDRESS_HEADER/);
		}
	);

	test('that the settings name is not', () => {
		const said: string[] = [];
		watchForProxy({ ADDRESS_HEADER: 'X-Forwarded-For' }, (words) => said.push(words))(asked('X-Forwarded-For'));
		expect(said).toEqual([]);
	});

	test('that was gone around leaves no address to count by', () => {
		expect(addressOf(() => '10.0.0.1')).toBe('10.0.0.1');
		expect(addressOf(() => '')).toBeUndefined();
		const missing = () => {
			throw new Error('Address header was specified with ADDRESS_HEADER=x but is absent from request');
		};
		expect(addressOf(missing)).toBeUndefined();
	});
});

describe('the setting ORIGIN', () => {
	test.each([
		['https://temoin.example.org', 'https://temoin.example.org'],
		['https://temoin.example.org/', 'https://temoin.example.org'],
		[' HTTPS://Temoin.Example.ORG ', 'https://temoin.example.org'],
		['https://temoin.example.org:443', 'https://temoin.example.org'],
		['https://temoin.example.org:8443/', 'https://temoin.example.org:8443'],
		[undefined, 'http://localhost:3000']
	])('%s is %s', (ORIGIN, origin) => {
		expect(originOf(ORIGIN === undefined ? {} : { ORIGIN })).toBe(origin);
	});

	test.each([
		'https://example.org/temoin',
		'https://a.example.org,https://b.example.org',
		'https://a.example.org https://b.example.org',
		'temoin.example.org',
		'ftp://temoin.example.org',
		'https://somebody@temoin.example.org',
		'https://temoin.example.org/?x=1',
		''
	])('« %s » is refused at the start, which says what it got', (ORIGIN) => {
		expect(() => originOf({ ORIGIN })).toThrow(`« ${ORIGIN} »`);
	});

	test('is the host that a browser asks for, however it writes it', () => {
		const said = originOf({ ORIGIN: 'https://Temoin.example.org:443' });
		for (const host of ['temoin.example.org', 'TEMOIN.example.org:443'])
			expect(`https://${hostOf(new Headers({ host }))}`).toBe(said);
	});
});

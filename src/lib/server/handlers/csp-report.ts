import * as z from 'zod/mini';
import { done, endpoint } from '../door/endpoint';

/** What a browser says it has kept a page from doing. */
const Report = z.looseObject({
	'csp-report': z.looseObject({
		'effective-directive': z.optional(z.string()),
		'violated-directive': z.optional(z.string()),
		'blocked-uri': z.optional(z.string())
	})
});

const printable = (text: string | undefined): string => (text ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 120);

/** Anybody may report anything: so many lines an hour, and the log stays readable. */
const LINES = 30;
const HOUR = 3_600_000;
let printed = { since: 0, lines: 0 };

function print(line: string, now: number): void {
	if (Math.abs(now - printed.since) > HOUR) printed = { since: now, lines: 0 };
	printed.lines += 1;
	if (printed.lines <= LINES) console.error(line);
	else if (printed.lines === LINES + 1) console.error('D’autres signalements de cette heure ne sont pas notés.');
}

export const cspReport = endpoint({
	method: 'POST',
	path: '/api/csp-report',
	summary: 'A browser reports something that the page’s policy kept from running',
	act: 'anybody',
	body: Report,
	handle({ app, body }) {
		const report = body['csp-report'];
		const directive = printable(report['effective-directive'] ?? report['violated-directive']);
		// Somebody must look: either a page of ours breaks its own rules, or something got into it.
		const line = `Page contraire à sa règle de sécurité : ${directive} ${printable(report['blocked-uri'])}`;
		print(line, app.clock().getTime());
		return Promise.resolve(done());
	}
});

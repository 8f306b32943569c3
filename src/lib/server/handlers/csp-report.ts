import * as z from 'zod/mini';
import { done, endpoint } from '../endpoint';

/** What a browser says it has kept a page from doing. */
const Report = z.looseObject({
	'csp-report': z.looseObject({
		'effective-directive': z.optional(z.string()),
		'violated-directive': z.optional(z.string()),
		'blocked-uri': z.optional(z.string())
	})
});

const printable = (text: string | undefined): string => (text ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 120);

export const cspReport = endpoint({
	method: 'POST',
	path: '/api/csp-report',
	summary: 'A browser reports something that the page’s policy kept from running',
	act: 'anybody',
	body: Report,
	handle({ body }) {
		const report = body['csp-report'];
		const directive = printable(report['effective-directive'] ?? report['violated-directive']);
		// Somebody must look: either a page of ours breaks its own rules, or something got into it.
		console.error(`Page contraire à sa règle de sécurité : ${directive} ${printable(report['blocked-uri'])}`);
		return Promise.resolve(done());
	}
});

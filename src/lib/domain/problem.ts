/** Everything that can go wrong and that a person can act on. The words shown are in `words`, by code. */
export type ProblemCode =
	| 'body.unreadable'
	| 'body.too-large'
	| 'batch.too-large'
	| 'change.unreadable'
	| 'change.differs'
	| 'change.too-large'
	| 'kind.unknown'
	| 'kind.differs'
	| 'field.invalid'
	| 'field.too-large'
	| 'right.missing'
	| 'withdrawal.rewritten'
	| 'answer.impossible'
	| 'day.ahead'
	| 'day.before-campaign'
	| 'excerpt.elsewhere'
	| 'voice.refused'
	| 'record.missing'
	| 'session.missing'
	| 'session.other'
	| 'origin.refused'
	| 'route.unknown'
	| 'setup.code'
	| 'setup.closed'
	| 'setup.invalid'
	| 'name.taken'
	| 'passphrase.weak'
	| 'passphrase.name'
	| 'code.refused'
	| 'sign-in.refused'
	| 'second-factor.required'
	| 'second-factor.refused'
	| 'passkey.refused'
	| 'device.revoked'
	| 'sealed.altered'
	| 'vault.stuck'
	| 'protocol.unknown'
	| 'quarantine.unready'
	| 'quarantine.full'
	| 'stick.foreign'
	| 'stick.unreadable'
	| 'stick.signature'
	| 'media.refused'
	| 'media.range'
	| 'media.differs'
	| 'media.many'
	| 'media.full'
	| 'receipt.refused'
	| 'record.erased'
	| 'too-many-tries'
	| 'director.last'
	| 'antenna.unknown'
	| 'factor.many'
	| 'explore.closed'
	| 'place.full';

export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 413 | 416 | 426 | 429 | 507;

/** A problem travels as `{ problem, details }` with its HTTP status. Anything else that is thrown is a bug. */
export class Problem extends Error {
	constructor(
		readonly code: ProblemCode,
		readonly status: ProblemStatus,
		readonly details: Record<string, unknown> = {},
		options?: ErrorOptions
	) {
		super(code, options);
	}
}

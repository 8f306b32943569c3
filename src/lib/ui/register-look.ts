import type { Look } from './look';

const LOOKS: { [look: string]: Look } = {
	prune: 'plum',
	ocre: 'ochre',
	canard: 'teal',
	garance: 'madder',
	mousse: 'moss',
	ardoise: 'slate'
};
const IN_ORDER = Object.values(LOOKS);

/** The colour and shape of a register. One that a framework names otherwise takes the look of its place. */
export const lookOf = ({ look, order }: { look: string; order: number }): Look =>
	LOOKS[look] ?? IN_ORDER[Math.max(0, order - 1) % IN_ORDER.length]!;

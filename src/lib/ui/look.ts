/** The six registers by their look: one colour and one shape each. */
export type Look = 'plum' | 'ochre' | 'teal' | 'madder' | 'moss' | 'slate';

/** Outlines on a 48 by 48 grid. Circle and square are paths too, so that one element draws them all. */
export const SHAPES: Record<Look, string> = {
	plum: 'M24 2A22 22 0 0 1 24 46A22 22 0 0 1 24 2Z',
	ochre: 'M7 4H41A3 3 0 0 1 44 7V41A3 3 0 0 1 41 44H7A3 3 0 0 1 4 41V7A3 3 0 0 1 7 4Z',
	teal: 'M3 5H31L45.5 24 31 43H3Z',
	madder: 'M13 4H35L46.5 24 35 44H13L1.5 24Z',
	moss: 'M24 1.5 46.5 24 24 46.5 1.5 24Z',
	slate: 'M5 44V22.5A19 19 0 0 1 43 22.5V44Z'
};

/** Today's campaigns before the others, and the last one first.
 * @param month today's */
export const byNearness =
	(month: string) =>
	(a: Span, b: Span): number =>
		Number(covers(b, month)) - Number(covers(a, month)) || (a.to < b.to ? 1 : a.to > b.to ? -1 : 0);
type Span = { from: string; to: string }; // months
const covers = ({ from, to }: Span, month: string): boolean => from <= month && month <= to;

export const overlap = (a: Span, b: Span): boolean => a.from <= b.to && b.from <= a.to;

/** The campaign's field that says how many people of one stakeholder are to be heard at an antenna. */
export const targetField = (stakeholder: string, antenna: string) => `target:${stakeholder}:${antenna}` as const;
/** The campaign's field that says what an indicator should reach. */
export const goalField = (indicator: string) => `goal:${indicator}` as const;

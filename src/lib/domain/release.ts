/** How many respondents chose each answer, by place. `people` is the base: those who gave an answer. */
export type Distribution = { people: number; details: { [detail: string]: number } };
/** One question and stakeholder: the distribution of each antenna, and of all together. */
export type Group = { places: { [place: string]: Distribution }; total: Distribution };
/** What may be shown of a group. A missing place or total is withheld. */
export type Released = { places: { [place: string]: Distribution }; total?: Distribution | undefined };

/** Adds the places up: the group's total. */
export function groupOf(places: { [place: string]: Distribution }): Group {
	const total: Distribution = { people: 0, details: {} };
	for (const { people, details } of Object.values(places)) {
		total.people += people;
		for (const [detail, count] of Object.entries(details)) total.details[detail] = (total.details[detail] ?? 0) + count;
	}
	return { places, total };
}

/** Withholds what would tell about fewer than k people: any base under k, and the complementary cells by which a
 * hidden one could be had by subtraction (total − Tarbes = Lourdes). What stays hidden always adds up to at least k
 * people, or the total is hidden with it. */
export function withhold(group: Group, k: number): Released {
	if (group.total.people < k) return { places: {} };
	const bySize = Object.entries(group.places)
		.filter(([, { people }]) => people > 0)
		.sort(([a, x], [b, y]) => x.people - y.people || (a < b ? -1 : 1));
	const small = bySize.filter(([, { people }]) => people < k).length;
	let hidden = small;
	const hiddenPeople = () => bySize.slice(0, hidden).reduce((sum, [, { people }]) => sum + people, 0);
	while (hidden > 0 && hidden < bySize.length && hiddenPeople() < k) hidden += 1;
	return { places: Object.fromEntries(bySize.slice(hidden)), total: group.total };
}

/** What to show now, given what was shown before: a released cell changes only when none or at least k of its people
 * changed, otherwise two looks a day apart would tell what one person answered. All cells of a group move together,
 * so that they always add up. */
export function release(group: Group, k: number, before: Released | undefined): Released {
	const now = withhold(group, k);
	if (!before) return now;
	const cells = new Set([...Object.keys(before.places), ...Object.keys(now.places)]);
	const moved = [
		...[...cells].map((place) =>
			changedPeople(at(before.places, place), at(now.places, place) ?? at(group.places, place))
		),
		changedPeople(before.total, now.total ?? group.total),
		changedPeople(remainder(before), remainder(now))
	];
	return moved.every((people) => people === 0 || people >= k) ? now : before;
}

/** What anybody can work out of the places that are hidden: the total less those that are shown. */
function remainder({ places, total }: Released): Distribution | undefined {
	if (!total) return undefined;
	const shown = groupOf(places).total;
	const details = Object.entries(total.details).map(([detail, count]) => [
		detail,
		count - (shown.details[detail] ?? 0)
	]);
	return { people: total.people - shown.people, details: Object.fromEntries(details) };
}

/** A place's distribution. Places have ids from outside: one named like a thing every object inherits is none of it. */
const at = (places: { [place: string]: Distribution }, place: string): Distribution | undefined =>
	Object.hasOwn(places, place) ? places[place] : undefined;

/** The least number of people who must have come, gone or answered otherwise between two distributions.
 * One person may tick several options, so only the widest single difference surely counts people. */
function changedPeople(before: Distribution | undefined, now: Distribution | undefined): number {
	const details = new Set([...Object.keys(before?.details ?? {}), ...Object.keys(now?.details ?? {})]);
	const differences = [...details].map((detail) => (now?.details[detail] ?? 0) - (before?.details[detail] ?? 0));
	return Math.max(...[...differences, (now?.people ?? 0) - (before?.people ?? 0)].map(Math.abs));
}

/** How many respondents chose each answer, by place. `people` is the base: those who gave an answer. */
export type Distribution = { people: number; details: { [detail: string]: number } };
/** One question and stakeholder: the distribution of each antenna, and of all together. */
export type Group = { places: { [place: string]: Distribution }; total: Distribution };
/** What may be shown of a group. A missing place or total is withheld. */
export type Shown = { places: { [place: string]: Distribution }; total?: Distribution | undefined };

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
export function withhold(group: Group, k: number): Shown {
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

import type { ChartConfiguration, ChartDataset, Plugin } from 'chart.js';

export interface LineData {
	labels: string[];
	current: (number | null)[];
	previous?: (number | null)[];
	target?: number;
	/** True where a value of `current` awaits confirmation. */
	unconfirmed?: boolean[];
	/** What is written beside each line; `unconfirmed` goes beside the last point that is. */
	names: { current: string; previous?: string; target?: string; unconfirmed?: string };
	/** Top of the value axis, shared by charts that are compared. */
	max?: number;
	format: (value: number) => string;
}
export interface LineColours {
	line: string;
	lineInk: string;
	paper: string;
	ink: string;
	ink2: string;
	ink3: string;
	rule: string;
	font: string;
	/** Pixels of the smallest text, 14 unless the reader enlarged it. */
	size: number;
}
interface Point {
	x: number;
	y: number;
}

/** The point of a line that has most room above or below it for its name.
 * @param own the line's points; gaps are null
 * @param others the other lines, point by point
 * @param room top and bottom of the plot, px */
export function roomiest(own: (Point | null)[], others: (Point | null)[][], room: { top: number; bottom: number }) {
	let best: { index: number; side: 'above' | 'below'; clear: number } | undefined;
	own.forEach((point, index) => {
		if (!point || own.length < 3 || index === 0 || index === own.length - 1) return;
		const near = [index - 1, index, index + 1];
		for (const side of ['above', 'below'] as const) {
			const sign = side === 'above' ? -1 : 1;
			// The words must clear their own line too, where it climbs towards them.
			const ownEdge = near
				.map((i) => own[i])
				.filter((p) => p != null)
				.map((p) => p.y * sign);
			const y = sign * Math.max(...ownEdge) + sign * 16;
			if (y < room.top + 8 || y > room.bottom - 8) continue;
			const gaps = others
				.flatMap((line) => near.map((i) => line[i]))
				.filter((p) => p != null)
				.map((p) => Math.abs(p.y - y));
			const drift = Math.abs(y - sign * 16 - point.y);
			const clear = Math.min(60, ...gaps) - drift + (side === 'above' ? 4 : 0);
			if (!best || clear > best.clear) best = { index, side, clear };
		}
	});
	return best;
}

type Box = { left: number; right: number; top: number; bottom: number };
/** How far down (or up, below zero) words must move to lie on no others: as little as possible, and within the plot.
 * @returns nothing where there is no such place */
export function clearOf(box: Box, taken: readonly Box[], room: { top: number; bottom: number }): number | undefined {
	const height = box.bottom - box.top;
	const steps = [0, ...taken.flatMap(({ top, bottom }) => [top - height - box.top, bottom - box.top])];
	return steps
		.toSorted((a, b) => Math.abs(a) - Math.abs(b))
		.find((by) => {
			const [top, bottom] = [box.top + by, box.bottom + by];
			if (by !== 0 && (top < room.top || bottom > room.bottom)) return false;
			return taken.every(
				(one) => box.right <= one.left || box.left >= one.right || bottom <= one.top || top >= one.bottom
			);
		});
}

const lastIndex = (values: (number | null)[]) => values.findLastIndex((value) => value !== null);

/** Everything Chart.js needs to draw the lines, without animation and with its words beside the lines. */
export function lineChart(data: LineData, colours: LineColours): ChartConfiguration<'line', (number | null)[]> {
	const { labels, current, previous, target, unconfirmed = [], format } = data;
	const end = lastIndex(current);
	const doubtful = current.map((value, index) => value !== null && (unconfirmed[index] ?? false));
	const marked = current.map((_, index) => index === end || doubtful[index]);
	const lines: ChartDataset<'line', (number | null)[]>[] = [
		{
			label: data.names.current,
			data: current,
			borderColor: colours.line,
			borderWidth: 3.5,
			borderCapStyle: 'round',
			borderJoinStyle: 'round',
			segment: { borderDash: ({ p1DataIndex }) => (doubtful[p1DataIndex] ? [2, 8] : undefined) },
			pointRadius: marked.map((shown) => (shown ? 6 : 0)),
			pointBackgroundColor: doubtful.map((doubt) => (doubt ? colours.paper : colours.line)),
			pointBorderColor: doubtful.map((doubt) => (doubt ? colours.line : colours.paper)),
			pointBorderWidth: doubtful.map((doubt) => (doubt ? 3 : 2)),
			order: 0
		}
	];
	if (previous)
		lines.push({
			label: data.names.previous,
			data: previous,
			borderColor: colours.ink3,
			borderWidth: 1.75,
			pointRadius: 0,
			order: 1
		});
	if (target !== undefined)
		lines.push({
			label: data.names.target,
			data: labels.map(() => target),
			borderColor: colours.ink,
			borderWidth: 1.75,
			borderDash: [8, 5],
			pointRadius: 0,
			order: 2
		});
	const font = { family: colours.font, size: colours.size };
	return {
		type: 'line',
		data: { labels, datasets: lines },
		options: {
			animation: false,
			responsive: true,
			maintainAspectRatio: false,
			events: [], // nothing to hover: the table beside it holds the figures
			clip: 8,
			layout: { padding: { top: 10, right: 10 } },
			scales: {
				x: {
					grid: { display: false },
					border: { display: false },
					ticks: { color: colours.ink2, font, maxRotation: 0, autoSkip: true, autoSkipPadding: 6 }
				},
				y: {
					min: 0,
					max: data.max,
					grid: { color: colours.rule, drawTicks: false },
					border: { display: false },
					ticks: { color: colours.ink2, font, padding: 8, maxTicksLimit: 5, callback: (value) => format(Number(value)) }
				}
			}
		},
		plugins: [names(data, colours, end)]
	};
}

/** Writes the name of each line beside it, where it hides nothing. */
function names(data: LineData, colours: LineColours, end: number): Plugin<'line'> {
	return {
		id: 'names',
		afterDatasetsDraw(chart) {
			const { ctx, chartArea: area } = chart;
			const points = chart.data.datasets.map((line, index) =>
				chart.getDatasetMeta(index).data.map((point, i) => (line.data[i] === null ? null : { x: point.x, y: point.y }))
			);
			const taken: Box[] = [];
			const write = (text: string, x: number, y: number, align: CanvasTextAlign, colour: string) => {
				const width = ctx.measureText(text).width;
				const wished = align === 'right' ? x - width : align === 'center' ? x - width / 2 : x;
				const left = Math.max(area.left, Math.min(wished, area.right - width));
				const box = { left, right: left + width, top: y - 10, bottom: y + 10 };
				const by = clearOf(box, taken, area);
				if (by === undefined) return; // the table beside it names every line
				ctx.textAlign = 'left';
				ctx.strokeText(text, left, y + by);
				ctx.fillStyle = colour;
				ctx.fillText(text, left, y + by);
				taken.push({ ...box, top: box.top + by, bottom: box.bottom + by });
			};
			ctx.save();
			ctx.font = `600 ${colours.size}px ${colours.font}`;
			ctx.textBaseline = 'middle';
			ctx.lineJoin = 'round';
			ctx.lineWidth = 4;
			ctx.strokeStyle = colours.paper; // a halo, for when a name has to cross a line after all

			const targetLine = data.target === undefined ? undefined : points.at(-1);
			if (data.names.target && targetLine?.[0]) {
				const { x, y } = targetLine[0];
				write(data.names.target, x + 4, y - 13 < area.top ? y + 13 : y - 13, 'left', colours.ink);
			}
			const doubt =
				data.unconfirmed?.findLastIndex((doubtful, index) => doubtful && data.current[index] !== null) ?? -1;
			const doubtPoint = points[0]?.[doubt];
			if (data.names.unconfirmed && doubtPoint) {
				const before = doubtPoint.x > (area.left + area.right) / 2;
				write(
					data.names.unconfirmed,
					doubtPoint.x + (before ? -12 : 12),
					doubtPoint.y,
					before ? 'right' : 'left',
					colours.ink
				);
			}
			const wordsAsPoints = () =>
				points[0]?.map((_, i) => {
					const x = chart.scales['x']?.getPixelForValue(i) ?? 0;
					const box = taken.find(({ left, right }) => x > left - 24 && x < right + 24);
					return box ? { x, y: (box.top + box.bottom) / 2 } : null;
				}) ?? [];
			const place = (line: number, text: string | undefined, colour: string) => {
				const own = points[line];
				if (!text || !own) return;
				const others = points.filter((_, index) => index !== line);
				const found = roomiest(own, [...others, wordsAsPoints()], area);
				const point = found ? own[found.index] : own[line === 0 ? end : lastIndex(data.previous ?? [])];
				if (!point) return;
				write(text, point.x, point.y + (found?.side === 'below' ? 17 : -17), 'center', colour);
			};
			place(0, data.names.current, colours.lineInk);
			if (data.previous) place(1, data.names.previous, colours.ink3);
			ctx.restore();
		}
	};
}

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fit } from '../../src/routes/(field)/interviews/[id]/photo';

test('a picture is kept at its size, or made smaller in its own shape', () => {
	expect(fit(800, 600)).toEqual({ width: 800, height: 600 });
	expect(fit(4000, 3000)).toEqual({ width: 2000, height: 1500 });
	expect(fit(3000, 4000)).toEqual({ width: 1500, height: 2000 });
	expect(fit(9000, 2)).toEqual({ width: 2000, height: 1 });
	const side = fc.integer({ min: 1, max: 20_000 });
	fc.assert(
		fc.property(side, side, (width, height) => {
			const kept = fit(width, height);
			expect(Math.max(kept.width, kept.height)).toBeLessThanOrEqual(2000);
			expect(Math.min(kept.width, kept.height)).toBeGreaterThanOrEqual(1);
			expect(kept.width).toBeLessThanOrEqual(width);
			expect(Math.abs(kept.width * height - kept.height * width)).toBeLessThanOrEqual(Math.max(width, height));
		})
	);
});

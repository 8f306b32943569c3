import { number } from '$lib/words/format';
import { m } from '$lib/words/generated/messages';

/** So many bytes, as people say it: « 820 ko », « 4,2 Mo », « 18 Go ». */
export function size(bytes: number): string {
	if (bytes >= 1e9) return m.office_gigabytes({ size: number(bytes / 1e9, bytes < 1e10 ? 1 : 0) });
	if (bytes >= 1e6) return m.office_megabytes({ size: number(bytes / 1e6, bytes < 1e7 ? 1 : 0) });
	return m.recovery_kilobytes({ size: number(Math.ceil(bytes / 1e3)) });
}

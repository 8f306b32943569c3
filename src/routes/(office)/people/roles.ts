import type { Grant } from '$lib/domain/structure';
import { m } from '$lib/words/generated/messages';
import { hasAntennas } from './people';

/** « Direction · Conseiller ou conseillère (Tarbes, Lourdes) » */
export function rolesInWords(grants: readonly Grant[], antennas: readonly { id: string; name: string }[]): string {
	const nameOf = (id: string) => antennas.find((antenna) => antenna.id === id)?.name;
	return grants
		.map(({ role, antennas: ids }) => {
			const names = hasAntennas(role) ? ids.flatMap((id) => nameOf(id) ?? []) : [];
			return names.length > 0 ? `${m[`role_${role}`]()} (${names.join(', ')})` : m[`role_${role}`]();
		})
		.join(' · ');
}

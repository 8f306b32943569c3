import { readSetting, type DeviceDatabase } from '$lib/local/database';
import {
	baseLocale,
	extractLocaleFromNavigator,
	isLocale,
	overwriteGetLocale,
	type Locale
} from '$lib/words/generated/runtime';

const NAME = 'language';

/** The language of the interface. What a person chose lies in the device's database: a browser may write `localStorage`
 * late, and a kill takes it back. What is on the screen follows at once, without a reload. */
class Language {
	current = $state<Locale>(baseLocale);

	/** Before the first paint. */
	async read(device: DeviceDatabase): Promise<void> {
		const chosen = await readSetting<string>(device, NAME).catch(() => undefined);
		if (isLocale(chosen)) this.current = chosen;
		else {
			const before = chosenBefore();
			if (isLocale(before)) await this.choose(device, before);
			else this.current = extractLocaleFromNavigator() ?? baseLocale;
		}
	}

	async choose(device: DeviceDatabase, chosen: Locale): Promise<void> {
		this.current = chosen;
		await device.settings.put({ name: NAME, value: chosen });
	}
}

/** Where earlier versions kept it. */
function chosenBefore(): string | null {
	try {
		return localStorage.getItem('PARAGLIDE_LOCALE');
	} catch {
		return null;
	}
}

export const language = new Language();
overwriteGetLocale(() => language.current);

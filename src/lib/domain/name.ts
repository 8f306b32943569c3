/** Letters of other alphabets that look like a Latin one. */
const LOOKS = new Map(
	'АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ІI ЈJ ЅS аa еe кk оo рp сc уy хx іi јj ѕs ԁd ӏl ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX αa ιi κk νv οo ρp υu χx'
		.split(' ')
		.map(([letter, latin]) => [letter!, latin!])
);
/** Latin letters that are two written together, or one with something in it. */
const WRITTEN = new Map('ıi œoe æae ßss øo łl đd'.split(' ').map((pair) => [pair[0]!, pair.slice(1)]));

/** A name as it is kept: nothing in it that cannot be seen. */
export const visible = (name: string): string =>
	name
		.normalize('NFC')
		.replace(/\p{Cf}/gu, '')
		.replace(/\s+/g, ' ')
		.replace(/\p{Cc}/gu, '')
		.trim();

/** What names are compared by. « N’Diaye », « N'Diaye » and « n’diaye » are one person, as are « Jean-Pierre » and « Jean
 * Pierre », and a name with letters that only look the same. */
export const nameKey = (name: string): string =>
	visible(name.replace(/[`´‘’‛ʹʻʼʽˈ′＇]/g, "'"))
		.normalize('NFKD')
		.replace(/\p{M}/gu, '')
		// Another alphabet within a Latin word is there to be taken for it; a whole word of it is a name.
		.replace(/\p{L}*[a-z]\p{L}*/giu, (word) => word.replace(/\p{L}/gu, (letter) => LOOKS.get(letter) ?? letter))
		.toLowerCase()
		.replace(/\p{L}/gu, (letter) => WRITTEN.get(letter) ?? letter)
		.replace(/ *' */g, "'")
		.replace(/[\s\p{Pd}\u00ad]+/gu, ' ')
		.trim();

/** Whether a text is a name and hardly more: its words in any order and spelling, with figures and signs around. */
export function isMadeOf(text: string, name: string): boolean {
	const letters = (key: string) => key.replace(/[^\p{L}]/gu, '');
	const whole = letters(nameKey(text));
	const words = nameKey(name)
		.split(' ')
		.map(letters)
		.filter(({ length }) => length > 1)
		.sort((a, b) => b.length - a.length);
	const left = words.reduce((rest, word) => rest.replaceAll(word, ''), whole);
	return left.length < whole.length && left.length < 4;
}

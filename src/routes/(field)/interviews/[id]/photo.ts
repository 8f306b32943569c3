/** The longest side of a picture that is kept, in pixels: a paper is still read. */
const LONGEST = 2000;

/** The size a picture is kept at: as it is, or smaller in the same shape. */
export function fit(width: number, height: number, longest = LONGEST): { width: number; height: number } {
	const scale = Math.min(1, longest / Math.max(width, height));
	return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A picture drawn anew: only what is seen stays, not where, when and with what it was taken.
 * @throws when the browser cannot read it */
export async function redraw(file: Blob): Promise<Uint8Array> {
	const picture = await createImageBitmap(file);
	const { width, height } = fit(picture.width, picture.height);
	const canvas = document.createElement('canvas');
	[canvas.width, canvas.height] = [width, height];
	const pen = canvas.getContext('2d')!;
	pen.fillStyle = 'white'; // what was transparent would turn black
	pen.fillRect(0, 0, width, height);
	pen.drawImage(picture, 0, 0, width, height);
	picture.close();
	const drawn = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.85));
	return new Uint8Array(await drawn!.arrayBuffer());
}

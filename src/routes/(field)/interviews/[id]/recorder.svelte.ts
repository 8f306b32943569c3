import { MAX_MEDIA } from '$lib/domain/media';

/** Enough for speech: a quarter of an hour leaves by a poor network. */
const BITS_PER_SECOND = 32_000;
const LONGEST = 15 * 60; // seconds
/** What one second may add at most, with room to spare: the last piece still fits. */
const MARGIN = 500_000;
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];
/** Strokes of the drawn level. */
const SHOWN = 56;

/** One recording, from the permission to the disk. What is heard lies in memory until it stops; it is kept whatever stops
 * it: a button, its length, the page that leaves, a microphone that is pulled out. */
export class Recorder {
	state = $state<'asking' | 'recording' | 'paused' | 'keeping' | 'blocked' | 'missing' | 'failed'>('asking');
	seconds = $state(0);
	/** How loud it was, from 0 to 1, the last strokes only. */
	levels = $state.raw<readonly number[]>([]);
	/** It was as long as it can be. */
	isLong = false;
	#pieces: Promise<ArrayBuffer>[] = []; // never as blobs: a browser may put those on the disk, in clear
	#size = 0;
	#elapsed = 0; // milliseconds
	#recorder: MediaRecorder | undefined;
	#ended: Promise<void> = Promise.resolve();
	#release = () => {};
	#given = false;

	/** @param keep puts it on the disk, or throws
	 * @param onkept says that it is there */
	constructor(
		readonly keep: (content: Uint8Array, seconds: number) => Promise<void>,
		readonly onkept: () => void
	) {}

	async start(): Promise<void> {
		this.state = 'asking';
		let stream: MediaStream;
		try {
			stream = await navigator.mediaDevices.getUserMedia({ audio: true });
		} catch (cause) {
			this.state = (cause as DOMException).name === 'NotFoundError' ? 'missing' : 'blocked';
			return;
		}
		if (this.#given) return stream.getTracks().forEach((track) => track.stop()); // gone before it was allowed
		const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
		const options = { audioBitsPerSecond: BITS_PER_SECOND, ...(mimeType ? { mimeType } : {}) };
		const recorder = (this.#recorder = new MediaRecorder(stream, options));
		recorder.ondataavailable = ({ data }) => {
			this.#pieces.push(data.arrayBuffer());
			this.#size += data.size;
			if (this.#size > MAX_MEDIA - MARGIN) this.#cut();
		};
		const stopWatching = this.#watch(stream);
		this.#release = () => {
			stopWatching();
			stream.getTracks().forEach((track) => track.stop());
		};
		this.#ended = new Promise((done) => {
			recorder.onstop = () => void this.#finish().then(done);
		});
		recorder.start(1000);
		this.state = 'recording';
	}

	/** Counts the time and draws the level; without movement where that is asked for. */
	#watch(stream: MediaStream): () => void {
		const audio = new AudioContext();
		const analyser = new AnalyserNode(audio, { fftSize: 1024 });
		audio.createMediaStreamSource(stream).connect(analyser);
		const wave = new Float32Array(analyser.fftSize);
		const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
		let last = performance.now();
		const timer = setInterval(() => {
			const now = performance.now();
			const passed = now - last;
			last = now;
			if (this.state !== 'recording') return;
			this.#elapsed += passed;
			this.seconds = Math.floor(this.#elapsed / 1000);
			if (this.#elapsed >= LONGEST * 1000) this.#cut();
			if (still) return;
			analyser.getFloatTimeDomainData(wave);
			const loud = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
			this.levels = [...this.levels, Math.min(1, loud * 4)].slice(-SHOWN);
		}, 120);
		return () => {
			clearInterval(timer);
			void audio.close();
		};
	}

	pause(): void {
		if (this.state !== 'recording') return;
		this.#recorder!.pause();
		this.state = 'paused';
	}

	resume(): void {
		if (this.state !== 'paused') return;
		this.#recorder!.resume();
		this.state = 'recording';
	}

	#cut(): void {
		this.isLong = true;
		void this.stop();
	}

	/** Ends it, as often as one likes. When this resolves it is on the disk, or `failed` and still in memory. */
	stop(): Promise<void> {
		this.#given = true;
		if (this.#recorder && this.#recorder.state !== 'inactive') this.#recorder.stop();
		else if (this.state === 'failed') this.#ended = this.#finish();
		return this.#ended;
	}

	async #finish(): Promise<void> {
		this.#release();
		this.state = 'keeping';
		try {
			const content = new Uint8Array(await new Blob(await Promise.all(this.#pieces)).arrayBuffer());
			if (content.length > 0) await this.keep(content, Math.max(1, Math.round(this.#elapsed / 1000)));
			this.#pieces = [];
		} catch {
			this.state = 'failed';
			return;
		}
		this.onkept();
	}
}

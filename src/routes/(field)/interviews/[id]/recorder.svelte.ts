import { MAX_MEDIA } from '$lib/domain/media';
import type { Bytes } from '$lib/local/vault';

/** Enough for speech: a quarter of an hour leaves by a poor network. */
const BITS_PER_SECOND = 32_000;
const LONGEST = 15 * 60; // seconds
/** So long before its end, the end is said. */
const WARNING = 60;
/** What one second may add at most, with room to spare: the last piece still fits. */
const MARGIN = 500_000;
const TYPES = ['audio/webm;codecs=opus', 'audio/mp4', 'audio/ogg;codecs=opus'];
/** How often what was said is handed out to be put on the disk: a kill takes no more than that. */
const BEAT = 500; // milliseconds
/** Strokes of the drawn level. */
const SHOWN = 56;
/** Quieter than any room: −60 dB. */
const QUIET = 0.001;
/** So long without a sound, or without anything from the microphone, it is said. */
const PATIENCE = 3000; // milliseconds
/** Two taps within it were meant as one. */
const TWICE = 500; // milliseconds

/** Where what is recorded goes. */
export type Sink = {
	/** Puts it on the disk, or throws and holds it. */
	add: (plain: Bytes, elapsed: number) => Promise<void>;
	/** Makes a recording of what was added.
	 * @throws when it could not be kept: it is held */
	end: () => Promise<void>;
};

/** How a recording ended: `stopped` by whoever wanted, `long` as it can be, `full` where the disk took no more and it is kept
 * to there, `held` where it is not kept, `empty` where nothing came. */
export type Ending = 'stopped' | 'long' | 'full' | 'held' | 'empty';

/** One recording, from the permission to the disk, where it is as it is said. It is kept whatever stops it: a button, its
 * length, the page that leaves, a microphone that is pulled out. */
export class Recorder {
	state = $state<'asking' | 'recording' | 'paused' | 'keeping' | 'blocked' | 'missing'>('asking');
	seconds = $state(0);
	/** How loud it was, from 0 to 1, the last strokes only. */
	levels = $state.raw<readonly number[]>([]);
	/** Nothing is heard. */
	isSilent = $state(false);
	isNearEnd = $derived(this.seconds >= LONGEST - WARNING);
	#ending: Ending = 'stopped';
	#size = 0;
	#elapsed = 0; // milliseconds
	#heardAt = 0; // when there was a sound, by the page's clock
	#cameAt = 0; // when something came
	#startedAt = 0;
	#coming: Promise<void> = Promise.resolve();
	#recorder: MediaRecorder | undefined;
	#ended: Promise<void> = Promise.resolve();
	#release = () => {};
	#given = false;

	constructor(
		readonly sink: Sink,
		readonly onend: (ending: Ending) => void
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
		recorder.ondataavailable = ({ data }) => this.#take(data);
		const stopWatching = this.#watch(stream);
		this.#release = () => {
			stopWatching();
			stream.getTracks().forEach((track) => track.stop());
		};
		this.#ended = new Promise((done) => {
			recorder.onstop = () => void this.#finish().then(done);
		});
		recorder.start(BEAT);
		this.#startedAt = performance.now();
		this.state = 'recording';
	}

	/** One after another, in the order in which they came; never as blobs: a browser may put those on the disk, in clear. */
	#take(data: Blob): void {
		if (data.size === 0) return;
		this.#cameAt = performance.now();
		this.#size += data.size;
		const elapsed = this.#elapsed;
		this.#coming = this.#coming.then(async () => {
			const plain = new Uint8Array(await data.arrayBuffer());
			await this.sink.add(plain, elapsed).catch(() => this.#cut('full'));
		});
		if (this.#size > MAX_MEDIA - MARGIN) this.#cut('long');
	}

	/** Counts the time, hears whether there is a sound, and draws its level; without movement where that is asked for. */
	#watch(stream: MediaStream): () => void {
		const audio = new AudioContext();
		const analyser = new AnalyserNode(audio, { fftSize: 2048 });
		audio.createMediaStreamSource(stream).connect(analyser);
		const wave = new Float32Array(analyser.fftSize);
		const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
		let last = (this.#heardAt = this.#cameAt = performance.now());
		const timer = setInterval(() => {
			const now = performance.now();
			const passed = now - last;
			last = now;
			if (this.state !== 'recording') return;
			this.#elapsed += passed;
			this.seconds = Math.floor(this.#elapsed / 1000);
			if (this.#elapsed >= LONGEST * 1000) this.#cut('long');
			analyser.getFloatTimeDomainData(wave);
			const loud = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
			// One that is not let run hears nothing, whatever is said.
			if (loud > QUIET || audio.state !== 'running') this.#heardAt = now;
			this.isSilent = now - Math.min(this.#heardAt, this.#cameAt) >= PATIENCE;
			if (!still) this.levels = [...this.levels, Math.min(1, loud * 4)].slice(-SHOWN);
		}, 120);
		return () => {
			clearInterval(timer);
			void audio.close();
		};
	}

	/** A tap that belongs to the one before it. */
	get isJustStarted(): boolean {
		return performance.now() - this.#startedAt < TWICE;
	}

	pause(): void {
		if (this.state !== 'recording') return;
		this.#recorder!.pause();
		this.isSilent = false;
		this.state = 'paused';
	}

	resume(): void {
		if (this.state !== 'paused') return;
		this.#recorder!.resume();
		this.#heardAt = this.#cameAt = performance.now();
		this.state = 'recording';
	}

	#cut(ending: 'long' | 'full'): void {
		if (this.#ending === 'stopped') this.#ending = ending;
		void this.stop();
	}

	/** Ends it, as often as one likes. When this resolves it is kept, or held by the sink. */
	stop(): Promise<void> {
		this.#given = true;
		if (this.#recorder && this.#recorder.state !== 'inactive') this.#recorder.stop();
		return this.#ended;
	}

	async #finish(): Promise<void> {
		this.#release();
		this.state = 'keeping';
		await this.#coming;
		if (this.#size === 0) return this.onend('empty');
		try {
			await this.sink.end();
		} catch {
			return this.onend('held');
		}
		this.onend(this.#ending);
	}
}

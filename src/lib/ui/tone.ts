export type Tone = 'neutral' | 'ok' | 'alert' | 'error';

import type { Component } from 'svelte';

/** What the widgets ask of an icon: lucide's fit, and so do our own drawings. */
export type Icon = Component<{ size?: number | string; strokeWidth?: number | string }>;

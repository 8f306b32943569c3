import type { Attachment } from 'svelte/attachments';

/** Opens a dialog for as long as it is in the page. Escape closes it, and so does a press beside it when `light`.
 * Closing it ourselves on the way out is what gives focus back to the button that opened it. */
export function modal(onclose: () => void, light = false): Attachment<HTMLDialogElement> {
	return (dialog) => {
		const beside = (event: MouseEvent) => {
			if (light && event.target === dialog) dialog.close();
		};
		dialog.addEventListener('close', onclose);
		dialog.addEventListener('click', beside);
		dialog.showModal();
		return () => {
			dialog.removeEventListener('close', onclose);
			dialog.removeEventListener('click', beside);
			dialog.close();
		};
	};
}

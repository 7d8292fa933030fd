// SPDX-License-Identifier: Apache-2.0

/** Lines of a panel above its document: which it is, and the controls, which may need two. */
const LINES_ABOVE = 9;

/** How high a document may be in a panel of this height, as a CSS length; never less than a few lines. */
export function documentHeight(panelHeightPixels: number): string {
  return `max(8em, calc(${String(panelHeightPixels)}px - ${String(LINES_ABOVE)}em))`;
}

// SPDX-License-Identifier: Apache-2.0
// In place of Monaco, which needs a browser: an editor that never gets ready, as on a page that is still loading it.

export const loader = { config: () => undefined };
export const editor = { defineTheme: () => undefined };

const Editor = () => null;
export { Editor as default };

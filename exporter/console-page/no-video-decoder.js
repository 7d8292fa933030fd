// SPDX-License-Identifier: Apache-2.0
// Imported before noVNC: while it loads, noVNC tries the browser's H.264 decoder and waits for it, for ever where that
// hangs (seen with Chromium on a busy machine), and the page with it. Without a decoder it does not try. What is lost is
// H.264, which only the newest QEMU offers beside its other encodings.

delete globalThis.VideoDecoder;

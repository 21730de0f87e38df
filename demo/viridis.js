// viridis, matplotlib's colour map: equal steps in the data look like equal steps in lightness, for the colour-blind too.

/** Seventeen of its 256 colours, evenly spaced; on straight lines between them no channel is off by more than 5 of 255. */
const STOPS = [
  0x440154, 0x48186a, 0x472d7b, 0x424086, 0x3b528b, 0x33638d, 0x2c728e, 0x26828e, 0x21918c, 0x1fa088, 0x28ae80,
  0x3fbc73, 0x5ec962, 0x84d44b, 0xaddc30, 0xd8e219, 0xfde725,
];

/** 256 colours as an ImageData's bytes seen as little-endian numbers: 0xAABBGGRR. */
export const VIRIDIS = Uint32Array.from({ length: 256 }, (_, i) => {
  const at = (i / 255) * (STOPS.length - 1);
  const lower = Math.min(STOPS.length - 2, Math.floor(at));
  /** @param {number} shift */
  const channel = (shift) => {
    const [a, b] = [(STOPS[lower] >> shift) & 255, (STOPS[lower + 1] >> shift) & 255];
    return Math.round(a + (b - a) * (at - lower));
  };
  return ((255 << 24) | (channel(0) << 16) | (channel(8) << 8) | channel(16)) >>> 0;
});

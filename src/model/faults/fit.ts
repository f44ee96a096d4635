/** A straight line through points, by least squares, without keeping them. */
export class Fit {
  n = 0;
  #x = 0;
  #y = 0;
  #xx = 0;
  #xy = 0;
  #yy = 0;

  add(x: number, y: number): void {
    this.n++;
    // Running means keep the sums small: times of a long trace squared do not fit a double otherwise.
    const dx = x - this.#x;
    const dy = y - this.#y;
    this.#x += dx / this.n;
    this.#y += dy / this.n;
    this.#xx += dx * (x - this.#x);
    this.#xy += dx * (y - this.#y);
    this.#yy += dy * (y - this.#y);
  }

  /** Null for fewer than three points, or when all have the same x. `r2`: the share of the variance that the line explains. */
  line(): { at0: number; slope: number; r2: number } | null {
    if (this.n < 3 || this.#xx === 0) return null;
    const slope = this.#xy / this.#xx;
    const r2 = this.#yy === 0 ? 1 : (this.#xy * this.#xy) / (this.#xx * this.#yy);
    return { at0: this.#y - slope * this.#x, slope, r2 };
  }
}

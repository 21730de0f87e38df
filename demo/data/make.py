"""Makes dem.npy, co2.raw and arrays.json anew from the two Python packages that carry the data.

    pip download --no-deps matplotlib==3.11.2 statsmodels==0.15.0
    python make.py matplotlib-*.whl statsmodels-*.whl

Needs NumPy; neither package is installed or imported, their wheels are only read. Other versions do as well as long
as they carry the same data: the same bytes come out, only the versions named in arrays.json differ.

Both arrays are stored big-endian, as so much measured data is: that is what the demo is about. The values are
those of the sources, untouched; only the byte order and the container are ours.
"""

import csv
import datetime
import io
import json
import math
import pathlib
import re
import sys
import zipfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent


def wheel(path, package):
    """Opens a wheel and says which version of the package it is."""
    match = re.fullmatch(rf"{package}-([^-]+)-.*\.whl", pathlib.Path(path).name)
    if match is None:
        sys.exit(f"{path}: not a wheel of {package}. See the first lines of this script.")
    return zipfile.ZipFile(path), match[1]


def elevation(path):
    """matplotlib's sample of a digital elevation model, as big-endian .npy."""
    archive, version = wheel(path, "matplotlib")
    dem = np.load(io.BytesIO(archive.read("matplotlib/mpl-data/sample_data/jacksboro_fault_dem.npz")))
    heights = dem["elevation"]
    rows, columns = heights.shape
    west, east, north = (float(dem[key]) for key in ("xmin", "xmax", "ymax"))
    step = float(dem["dx"])
    # The file's `ymin` is `ymax` PLUS the grid's height: a slip of the sign, and not the southern edge. The first row is
    # the northern one, at `ymax`. So reckoned, the highest cell lies at 36.1983 N, 84.2308 W with 1076 m: the summit of
    # Cross Mountain, Tennessee (36.1983 N, 84.2306 W, 1077 m). By the file's own figures it would lie 32 km north of it.
    south = north - rows * step
    np.save(HERE / "dem.npy", heights.astype(">i2"))
    return {
        "name": "dem",
        "file": "dem.npy",
        "format": "npy",
        "dtype": ">i2",
        "shape": [rows, columns],
        "order": "C",
        "title": "Elevation around the Jacksboro fault, Tennessee",
        "about": "Heights of a strip of the Cumberland Mountains, 3 arc-seconds (about 90 m) from cell to cell; "
        "the first row is the northern one.",
        "units": "m",
        "range": [int(heights.min()), int(heights.max())],
        "axes": [
            {"name": "latitude", "units": "degrees north", "first": north - step / 2, "step": -step},
            {"name": "longitude", "units": "degrees east", "first": west + step / 2, "step": step},
        ],
        "extent": {"west": west, "east": east, "south": round(south, 9), "north": north},
        "source": f"jacksboro_fault_dem.npz in matplotlib {version} (mpl-data/sample_data), where it came as \"some SRTM "
        "elevation data (public domain)\" by Joe Kington's pull request 3291. SRTM is the Shuttle Radar Topography "
        "Mission of NASA and NGA, distributed by the U.S. Geological Survey.",
        "licence": "Public domain, as its contributor to matplotlib states; matplotlib's own licence (PSF-based) says nothing "
        "further about this file.",
    }


def carbon_dioxide(path):
    """The weekly CO2 record in statsmodels' data sets, as raw big-endian float32."""
    archive, version = wheel(path, "statsmodels")
    folder = "statsmodels/datasets/co2/"
    rows = list(csv.DictReader(io.TextIOWrapper(archive.open(folder + "co2.csv"), "utf-8")))
    dates = [datetime.datetime.strptime(row["date"], "%Y%m%d").date() for row in rows]
    if {(b - a).days for a, b in zip(dates, dates[1:])} != {7}:
        sys.exit("co2.csv: the weeks are not evenly spaced")
    ppm = np.array([float(row["co2"] or math.nan) for row in rows]).astype(">f4")
    copyright_line = re.search(r'^COPYRIGHT *= *"+(.*?)"+', archive.read(folder + "data.py").decode(), re.MULTILINE)
    (HERE / "co2.raw").write_bytes(ppm.tobytes())
    return {
        "name": "co2",
        "file": "co2.raw",
        "format": "raw",
        "dtype": ">f4",
        "shape": [len(ppm)],
        "order": "C",
        "title": "Carbon dioxide in the air at Mauna Loa, week by week",
        "about": f"Weekly averages from continuous air samples, {dates[0]} to {dates[-1]}; "
        f"{int(np.isnan(ppm).sum())} weeks without a measurement are NaN.",
        "units": "ppm",
        "range": [round(float(value), 2) for value in (np.nanmin(ppm), np.nanmax(ppm))],
        "axes": [{"name": "week", "units": "date", "first": str(dates[0]), "last": str(dates[-1]), "stepDays": 7}],
        "source": f"datasets/co2 in statsmodels {version}, from C. D. Keeling and T. P. Whorf, Scripps Institution of "
        "Oceanography: Atmospheric CO2 concentrations derived from flask air samples at sites in the SIO network (2004), "
        "in Trends: A Compendium of Data on Global Change, Carbon Dioxide Information Analysis Center, Oak Ridge National "
        "Laboratory, U.S. Department of Energy.",
        "licence": f"\"{copyright_line[1]}\" (statsmodels, datasets/co2/data.py). Scripps publishes its newer CO2 data under "
        "CC BY 4.0: credit the Scripps CO2 Program.",
    }


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    arrays = [carbon_dioxide(sys.argv[2]), elevation(sys.argv[1])]
    (HERE / "arrays.json").write_text(json.dumps(arrays, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for array in arrays:
        print(f"{array['file']}: {array['dtype']} {array['shape']}, {(HERE / array['file']).stat().st_size} bytes")

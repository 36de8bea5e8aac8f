"""The official layouts in miniature, with what trips readers up: below a folder whose name looks like a photo's."""

from pathlib import Path

import numpy as np

from habitus.data.records import Records

TRAP = "0007_1_c9_copies-01-02-03-04"
"""Part of every root: a pattern that is searched in whole paths finds person 7 before camera 9 in it."""
CLUTTER = (".hidden.jpg", "._0002_c1s1_000451_03.jpg", "Thumbs.db", "readme.txt", ".DS_Store")


def write(root: Path, folder: str, names: str) -> None:
    """Empty files (readers look at names alone), in no order, beside what is no photo."""
    place = root / folder
    place.mkdir(parents=True, exist_ok=True)
    for name in reversed((*names.split(), *CLUTTER)):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).touch()


def write_list(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def outfits_of(records: Records) -> np.ndarray:
    assert records.clothes_ids is not None
    return records.clothes_ids


def market1501(base: Path) -> Path:
    root = base / TRAP / "Market-1501-v15.09.15"
    write(root, "bounding_box_train", "0007_c3s3_077419_03.jpg 0002_c1s1_000451_03.jpg 0002_c2s1_000451_01.jpg")
    write(root, "query", "0001_c1s1_001051_00.jpg 0003_c2s1_001051_00.jpg")
    gallery = "0001_c2s1_001051_01.jpg 0003_c1s1_001051_01.jpg 0000_c1s1_000151_01.jpg -1_c1s1_000401_03.jpg"
    write(root, "bounding_box_test", gallery)
    write(root, "gt_bbox", "0001_c1s1_001051_00.jpg")
    return root


def dukemtmc(base: Path) -> Path:
    root = base / TRAP / "DukeMTMC-reID"
    write(root, "bounding_box_train", "0001_c2_f0046182.jpg 0004_c8_f0046182.jpg")
    write(root, "query", "0005_c2_f0046985.jpg 0006_c1_f0046985.jpg")
    write(root, "bounding_box_test", "0005_c5_f0051341.jpg 0006_c2_f0051341.jpg 0009_c5_f0051341.jpg")
    return root


def cuhk03(base: Path) -> Path:
    root = base / TRAP / "cuhk03-np" / "detected"
    write(root, "bounding_box_train", "1_001_1_01.png 1_002_2_06.png 2_001_2_07.png")
    write(root, "query", "3_005_1_01.png 3_005_2_06.png")
    write(root, "bounding_box_test", "3_005_1_02.png 3_005_2_07.png")
    return root


def msmt17(base: Path) -> Path:
    root = base / TRAP / "MSMT17_V2"
    train = ["0000/0000_000_01_0303morning_0008_0.jpg 0", "0001/0001_000_12_0303noon_0009_1.jpg 1"]
    val = ["0000/0000_001_14_0303morning_0010_0.jpg 0"]
    query = ["0000/0000_000_02_0302morning_0020_0.jpg 0"]
    gallery = ["0000/0000_003_05_0302noon_0020_0.jpg 0", "0001/0001_003_15_0302noon_0020_0.jpg 1"]
    for name, lines in (("train", train), ("val", val), ("query", query), ("gallery", gallery)):
        write_list(root / f"list_{name}.txt", lines)
    write(root, "mask_train_v2", " ".join(line.split()[0] for line in train + val))
    write(root, "mask_test_v2", " ".join(line.split()[0] for line in query + gallery))
    return root


def prcc(base: Path) -> Path:
    root = base / TRAP / "prcc"
    for kind in ("rgb", "sketch"):  # the contour sketches lie beside the photos, in the same layout
        write(root, f"{kind}/train", "001/C_cropped_rgb010.jpg 001/A_cropped_rgb001.jpg 002/B_cropped_rgb003.jpg")
        write(root, f"{kind}/val", "001/A_cropped_rgb009.jpg")
        write(root, f"{kind}/test", "A/011/cropped_rgb001.jpg A/012/cropped_rgb002.jpg A/011/cropped_rgb003.jpg")
        write(root, f"{kind}/test", "B/011/cropped_rgb001.jpg B/012/cropped_rgb002.jpg C/011/cropped_rgb001.jpg")
    return root / "rgb"


def ltcc(base: Path) -> Path:
    root = base / TRAP / "LTCC_ReID"
    write(root, "train", "094_1_c9_004554.png 094_2_c12_004554.png 001_1_c9_015833.png.png")
    write(root, "query", "002_1_c3_000001.png 003_1_c3_000001.png")
    write(root, "test", "002_1_c4_000002.png 002_2_c5_000003.png 003_2_c3_000003.png")
    write_list(root / "info" / "cloth-change_id_test.txt", ["2", "3"])
    return root


def vcclothes(base: Path) -> Path:
    root = base / TRAP / "VC-Clothes"
    write(root, "train", "0001-01-01-05.jpg 0001-04-02-01.jpg 0002-02-01-01.jpg")
    write(root, "query", "0003-02-01-01.jpg 0003-03-01-01.jpg 0004-04-02-01.jpg 0004-01-01-01.jpg")
    write(root, "gallery", "0003-03-01-02.jpg 0003-04-02-02.jpg 0004-02-01-02.jpg 0004-01-03-02.jpg")
    return root


def celeb_reid(base: Path) -> Path:
    root = base / TRAP / "Celeb-reID"
    write(root, "train", "10_1_0.jpg 9_2_0.jpg 9_1_0.jpg")
    write(root, "query", "1_1_0.jpg 2_1_0.jpg")
    write(root, "gallery", "1_2_0.jpg 2_2_0.jpg 2_3_0.jpg")
    return root


def celeb_reid_light(base: Path) -> Path:
    return celeb_reid(base).rename(base / TRAP / "Celeb-reID-light")


def deepchange(base: Path) -> Path:
    root = base / TRAP / "DeepChangeDataset"
    lists = {
        "train-set": ["P4_C12_1_000123.jpg,57", "P4_C12_2_000200.jpg,58", "P5_C1_1_000300.jpg,59"],
        "val-set-query": ["P7_C1_1_000001.jpg,3"],
        "val-set-gallery": ["P7_C2_1_000001.jpg,4"],
        "test-set-query": ["P8_C1_1_000001.jpg,1", "P9_C1_1_000001.jpg,2"],
        "test-set-gallery": ["P8_C1_1_000050.jpg,5", "P8_C1_1_000002.jpg,1", "P9_C3_2_000002.jpg,7"],
    }
    for folder, lines in lists.items():
        write(root, folder, " ".join(line.split(",")[0] for line in lines))
        write_list(root / f"{folder}-bbox.txt", lines)
    return root


def last(base: Path) -> Path:
    root = base / TRAP / "last"
    write(root, "train", "000002/000002_00010_000001_2.jpg 000001/000001_00009_000001_1.jpg")
    write(root, "train", "000001/000001_00009_000007_2.jpg")
    write(root, "val", "query/000301_1_1_1.jpg gallery/000301/000301_2_1_1.jpg")
    write(root, "test", "query/000401_1_1_1.jpg query/000402_1_1_1.jpg")
    write(root, "test", "gallery/000401/000401_2_1_1.jpg gallery/000402/000402_2_1_1.jpg")
    return root


def ccvid(base: Path) -> Path:
    root = base / TRAP / "CCVID"
    lists = {
        "train": ["session1/001_01\t001\tu0_l0_s0_c0_a0", "session1/001_02\t001\tu1_l0_s0_c0_a0"],
        "query": ["session2/002_03 002 u0_l0_s0_c0_a0", "session3/003_01 003 u0_l0_s0_c0_a0"],
        "gallery": ["session3/002_03 002 u0_l0_s0_c0_a0", "session1/003_01 003 u1_l0_s0_c0_a0"],
    }
    for name, lines in lists.items():
        write_list(root / f"{name}.txt", lines)
        for line in lines:
            write(root, line.split()[0], "00002.jpg 00001.jpg")
    return root


SETS = {
    "market1501": market1501,
    "dukemtmc": dukemtmc,
    "cuhk03": cuhk03,
    "msmt17": msmt17,
    "prcc": prcc,
    "ltcc": ltcc,
    "vcclothes": vcclothes,
    "celeb-reid": celeb_reid,
    "celeb-reid-light": celeb_reid_light,
    "deepchange": deepchange,
    "last": last,
    "ccvid": ccvid,
}
"""By the names of `habitus.data.opening.LAYOUTS`: writes the set and returns the folder that holds its signs."""

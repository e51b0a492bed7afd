//! Scanners of QR codes, each other people's work, and what of a camera matters to them.

use std::path::Path;
use std::process::Command;

use crate::env::run;

/// The scanners, in the order of what they read: zbar, ZXing's C++ port, and OpenCV's module `wechat_qrcode` (Debian builds its
/// other detector without a decoder).
pub const SCANNERS: [&str; 3] = ["zbar", "ZXing", "OpenCV"];

/// The widths in pixels of the blur with which a picture is tried: a camera looks for the focus, and the lines between two rows
/// or letters on a screen are not seen by it.
const BLURS: [&str; 9] = ["0", "1", "2", "3", "4", "6", "8", "11", "14"];

/// What each scanner reads in a picture; nothing is an empty text.
#[must_use]
pub fn read(picture: &Path) -> [String; 3] {
    let mut python = Command::new("/usr/bin/python3");
    let output = run(python.args(["-c", READ]).arg(picture).args(BLURS));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut lines = text.lines().map(str::to_owned);
    SCANNERS.map(|_| lines.next().unwrap_or_default())
}

/// Cuts off the black around the window, and blurs the picture until each scanner has read it.
const READ: &str = "\
import sys, subprocess, cv2, zxingcpp
picture, *blurs = sys.argv[1:]
whole = cv2.imread(picture, cv2.IMREAD_GRAYSCALE)
x, y, w, h = cv2.boundingRect(cv2.findNonZero(whole))
whole = cv2.copyMakeBorder(whole[y:y + h, x:x + w], 20, 20, 20, 20, cv2.BORDER_CONSTANT)
def zbar(image):
    cv2.imwrite(picture + '.png', image)
    command = ['zbarimg', '--raw', '--quiet', '-Sdisable', '-Sqrcode.enable', picture + '.png']
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()
def zxing(image):
    return [code.text for code in zxingcpp.read_barcodes(image)]
def opencv(image):
    return cv2.wechat_qrcode_WeChatQRCode().detectAndDecode(image)[0]
images = [cv2.GaussianBlur(whole, (0, 0), int(blur)) if int(blur) else whole for blur in blurs]
for scanner in zbar, zxing, opencv:
    print(next((text for image in images for text in scanner(image) if text), ''))
";

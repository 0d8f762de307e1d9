"""Which part of Apple's SDK a header or a library belongs to, for those that zig does not have.

Only names; nothing is looked up on disk. A diagnosis uses it to tell "needs Apple's SDK" from
"needs a library that is not there".
"""

from __future__ import annotations

# Frameworks as ``#include <Name/...>`` and ``-framework Name`` spell them.
FRAMEWORKS = frozenset(
    """AGL AVFAudio AVFoundation AVKit Accelerate Accessibility Accounts AddressBook AppKit AppleScriptKit
    ApplicationServices AudioToolbox AudioUnit AuthenticationServices Automator CFNetwork Carbon
    CloudKit Cocoa Collaboration ColorSync Contacts CoreAudio CoreAudioKit CoreBluetooth CoreData
    CoreDisplay CoreFoundation CoreGraphics CoreHaptics CoreImage CoreLocation CoreMIDI CoreML
    CoreMedia CoreMediaIO CoreMotion CoreServices CoreSpotlight CoreTelephony CoreText CoreVideo
    CoreWLAN CoreWiFi CryptoTokenKit DeviceCheck DirectoryService DiscRecording DiskArbitration
    DriverKit EventKit ExceptionHandling ExternalAccessory ForceFeedback Foundation GLKit GLUT GSS
    GameController GameKit GameplayKit Hypervisor ICADevices IOBluetooth IOBluetoothUI IOKit
    IOSurface IOUSBHost ImageCaptureCore ImageIO InputMethodKit InstallerPlugins Intents JavaScriptCore
    JavaVM Kerberos Kernel LDAP LatentSemanticMapping LocalAuthentication MLCompute MapKit
    MediaAccessibility MediaLibrary MediaPlayer MediaToolbox Metal MetalFX MetalKit
    MetalPerformanceShaders MetalPerformanceShadersGraph ModelIO MultipeerConnectivity
    NaturalLanguage NearbyInteraction NetFS Network NetworkExtension OSAKit OSLog OpenAL OpenCL
    OpenDirectory OpenGL OpenScripting PCSC PDFKit ParavirtualizedGraphics PreferencePanes QTKit Quartz
    QuartzCore QuickLook Ruby SafariServices SceneKit ScreenCaptureKit ScreenSaver ScriptingBridge
    SearchKit Security SecurityFoundation SecurityInterface ServiceManagement SoundAnalysis Speech
    SpriteKit StoreKit SystemConfiguration SystemExtensions Tcl Tk UniformTypeIdentifiers
    UserNotifications VideoDecodeAcceleration VideoToolbox Virtualization Vision WebKit
    vImage vecLib vmnet""".split()
)

# Library of /usr/lib -> its headers; a name that ends in / stands for a folder.
_LIBRARIES = {
    "libarchive": "",
    "libbsm": "bsm/libbsm.h bsm/audit_uevents.h",
    "libbz2": "bzlib.h",
    "libcharset": "libcharset.h localcharset.h",
    "libcompression": "compression.h",
    "libcups": "cups/",
    "libcurl": "curl/",
    "libedit": "editline/ histedit.h readline/",
    "libexpat": "expat.h expat_config.h expat_external.h",
    "libffi": "ffi/ ffi.h ffitarget.h",
    "libform": "form.h",
    "libgssapi_krb5": "gssapi/ gssapi.h",
    "libkrb5": "krb5/ krb5.h com_err.h profile.h",
    "libldap": "lber.h lber_types.h ldap.h ldap_cdefs.h ldap_features.h ldap_schema.h ldif.h slapi-plugin.h",
    "libmenu": "menu.h",
    "libncurses": """curses.h cursesapp.h cursesf.h cursesw.h eti.h nc_tparm.h ncurses.h ncurses_dll.h
        term.h term_entry.h termcap.h tic.h unctrl.h""",
    "libnetsnmp": "net-snmp/",
    "libobjc": "objc/",
    "libpam": "security/",
    "libpanel": "panel.h",
    "libpcap": "pcap/ pcap.h pcap-bpf.h pcap-namedb.h",
    "libresolv": "arpa/nameser.h arpa/nameser_compat.h dns.h dns_util.h nameser.h resolv.h",
    "libsasl2": "sasl/",
    "libsqlite3": "sqlite3.h sqlite3ext.h",
    "libtidy": "tidy/ tidy.h tidybuffio.h tidyenum.h tidyplatform.h",
    "libxar": "xar/",
    "libxml2": "libxml/ libxml2/",
    "libxslt": "libxslt/ libexslt/",
}
# Names under which libraries are linked that are not those above.
_LINKED_AS = {
    "termcap": "libncurses",
    "curses": "libncurses",
    "readline": "libedit",
    "exslt": "libxslt",
}

# Headers of macOS's own C library of which zig has only a part.
_SYSTEM_FOLDERS = (
    *("arpa/", "bank/", "bsm/", "default_pager/", "device/", "hfs/", "i386/", "libkern/", "mach/"),
    *("mach-o/", "mach_debug/", "net/", "netinet/", "netinet6/", "netkey/", "nfs/", "os/"),
    *("protocols/", "pthread/", "rpc/", "rpcsvc/", "servers/", "sys/", "vfs/", "xpc/"),
)
_SYSTEM_HEADERS = frozenset(
    """NSSystemDirectories.h asl.h cache.h cache_callbacks.h checkint.h dns_sd.h fstab.h hash.h
    lastlog.h libDHCPServer.h libunwind.h membership.h mpool.h nlist.h notify.h notify_keys.h
    ntsid.h printf.h quarantine.h ranlib.h readpassphrase.h removefile.h sandbox.h sgtty.h stab.h
    standards.h strhash.h struct.h timeconv.h ttyent.h tzfile.h unwind_itanium.h util.h utmp.h
    vproc.h""".split()
)
# What is in those folders on Linux and other systems, and not on macOS: no SDK helps.
_FOREIGN = frozenset(
    """net/if_packet.h netinet/ether.h netinet/sctp.h sys/auxv.h sys/epoll.h sys/eventfd.h
    sys/endian.h sys/fanotify.h sys/fsuid.h sys/inotify.h sys/io.h sys/personality.h sys/prctl.h
    sys/procfs.h sys/sendfile.h sys/signalfd.h sys/stropts.h sys/sysinfo.h sys/sysmacros.h
    sys/timerfd.h sys/vfs.h sys/vt.h sys/kd.h sys/soundcard.h sys/byteorder.h sys/statfs.h
    sys/pidfd.h sys/rseq.h sys/capability.h sys/klog.h sys/swap.h sys/systeminfo.h
    sys/mnttab.h sys/loadavg.h""".split()
)


def origin_of_header(name: str) -> str | None:
    """The part of Apple's SDK that a header belongs to, or None where it is not Apple's.

    Args:
        name: As between the brackets of ``#include``, e.g. ``CoreFoundation/CFString.h``.

    Returns:
        Words that fit behind "is part of".
    """
    folder = f"{name.partition('/')[0]}/" if "/" in name else ""
    if folder[:-1] in FRAMEWORKS:
        return f"the {folder[:-1]} framework (macOS SDK)"
    for library, headers in _LIBRARIES.items():
        names = headers.split()
        if name in names or (folder and folder in names):
            return f"{library} (macOS SDK)"
    if name in _FOREIGN:
        return None
    if name in _SYSTEM_HEADERS or folder in _SYSTEM_FOLDERS:
        return "the macOS SDK (zig has not got this header)"
    return None


def origin_of_library(name: str) -> str | None:
    """The part of Apple's SDK that a library belongs to, or None where macOS has none of that name.

    Args:
        name: As behind ``-l``, e.g. ``sqlite3``.
    """
    # bz2.1.0, xml2.2, ...: the version is no part of the name.
    bare = name.partition(".")[0]
    library = _LINKED_AS.get(bare, f"lib{bare}")
    return f"{library} (macOS SDK)" if library in _LIBRARIES else None

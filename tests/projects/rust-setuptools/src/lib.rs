//! An extension module without crates: what it takes of CPython's API is declared here.

use std::ffi::{c_char, c_int, c_long, c_void};
use std::panic::catch_unwind;
use std::ptr::null_mut;

type Object = *mut c_void;

#[repr(C)]
pub struct Method {
    name: *const c_char,
    function: Option<extern "C" fn(Object, Object) -> Object>,
    flags: c_int,
    doc: *const c_char,
}

#[repr(C)]
pub struct Module {
    head: [usize; 5], // the object's header, init, index and copy
    name: *const c_char,
    doc: *const c_char,
    size: isize,
    methods: *mut Method,
    rest: [usize; 4],
}

const METH_O: c_int = 8;
const VERSION: c_int = 1013;

extern "C" {
    fn PyModule_Create2(module: *mut Module, version: c_int) -> Object;
    fn PyModule_AddStringConstant(module: Object, name: *const c_char, text: *const c_char) -> c_int;
    fn PyLong_AsLong(object: Object) -> c_long;
    fn PyLong_FromLong(number: c_long) -> Object;
}

/// Three times the number; -1 where that overflows, for which it panics and unwinds.
extern "C" fn triple(_module: Object, number: Object) -> Object {
    let number = unsafe { PyLong_AsLong(number) };
    let result = catch_unwind(|| number.checked_mul(3).expect("too large"));
    unsafe { PyLong_FromLong(result.unwrap_or(-1)) }
}

const END: Method = Method { name: null_mut(), function: None, flags: 0, doc: null_mut() };

#[no_mangle]
pub extern "C" fn PyInit__triple() -> Object {
    let triple = Method { name: c"triple".as_ptr(), function: Some(triple), flags: METH_O, doc: null_mut() };
    let methods = Box::leak(Box::new([triple, END]));
    let module = Box::leak(Box::new(Module {
        head: [1, 0, 0, 0, 0],
        name: c"_triple".as_ptr(),
        doc: null_mut(),
        size: -1,
        methods: methods.as_mut_ptr(),
        rest: [0; 4],
    }));
    unsafe {
        let object = PyModule_Create2(module, VERSION);
        let built_for = concat!(env!("BUILT_FOR"), "\0");
        PyModule_AddStringConstant(object, c"target".as_ptr(), built_for.as_ptr().cast());
        object
    }
}

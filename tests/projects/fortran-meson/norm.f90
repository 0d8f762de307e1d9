! The Euclidean norm, and a line about it that takes the run-time library to write.
function norm(length, values) result(answer) bind(c, name='norm')
  use iso_c_binding, only: c_int, c_double
  integer(c_int), value :: length
  real(c_double), intent(in) :: values(length)
  real(c_double) :: answer
  character(len=16) :: text
  write (text, '(f8.3)') norm2(values)
  read (text, *) answer
end function norm

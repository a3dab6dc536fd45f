defmodule Tenon.Error do
  @moduledoc """
  Everything that can go wrong with a script, as one exception.

    * `kind` - the status's name in the library's tables, as an atom: `:compile`, `:integer_overflow`,
      `:division_by_zero`, `:index_out_of_bounds`, `:out_of_fuel`, `:memory_limit`, `:stack_overflow`,
      `:deadline_exceeded`, `:cancelled`, `:signature`, `:type`, `:range`, `:busy`, `:not_found`, ...
    * `rendered` - the text that the `tenon` command would print
    * `diagnostics` - for `:compile`, every error and warning, as maps
    * `frames` - for a stopped script, its stack, innermost first, as maps
  """

  defexception kind: :internal, message: "", rendered: "", diagnostics: [], frames: []

  @type t :: %__MODULE__{
          kind: atom,
          message: String.t(),
          rendered: String.t(),
          diagnostics: [map],
          frames: [map]
        }

  # Written out: no atom is ever made from what a library or a script says.
  @kinds ~w(Ok Arg Handle Version Nomem Utf8 Compile NotFound Signature Type Range Busy Closed Duplicate Io
            Unsupported State IntegerOverflow DivisionByZero IndexOutOfBounds KeyNotFound UnwrapNone UnwrapErr
            InvalidShift InvalidSlice AssertionFailed Panic InvalidArgument StackOverflow OutOfFuel
            DeadlineExceeded Cancelled MemoryLimit HostError Host Internal)
         |> Map.new(&{&1, &1 |> Macro.underscore() |> String.to_atom()})

  @doc false
  def from_native(%{kind: kind} = map), do: struct!(__MODULE__, %{map | kind: Map.get(@kinds, kind, :unknown)})

  @impl true
  def message(%__MODULE__{kind: :compile, rendered: text}) when text != "", do: String.trim_trailing(text)
  def message(%__MODULE__{message: text}), do: text
end

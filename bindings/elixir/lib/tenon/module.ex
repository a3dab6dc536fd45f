defmodule Tenon.Module do
  @moduledoc """
  A compiled script: immutable, usable by any process of this node.
  """

  defstruct [:ref, :name]
  @type t :: %__MODULE__{ref: reference, name: String.t()}

  @doc "The functions that can be called, as `{name, signature, doc}`, in source order."
  @spec functions(t) :: [{String.t(), String.t(), String.t()}]
  def functions(%__MODULE__{ref: ref}), do: Tenon.Native.functions(ref)

  defimpl Inspect do
    def inspect(%{name: name} = module, _opts),
      do: "#Tenon.Module<#{name}, #{length(Tenon.Module.functions(module))} functions>"
  end
end

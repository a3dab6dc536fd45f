defmodule Tenon.Instance do
  @moduledoc """
  A module's state: its variables, heap and limits. One process at a time may call it; a second one gets
  `{:error, %Tenon.Error{kind: :busy}}` at once.
  """

  defstruct [:ref, :name]
  @type t :: %__MODULE__{ref: reference, name: String.t()}

  @doc """
  A new instance. Options: `:fuel` (calls and loop turns), `:memory` and `:stack` (bytes).
  """
  @spec new(Tenon.Module.t(), keyword) :: {:ok, t} | {:error, Tenon.Error.t()}
  def new(%Tenon.Module{ref: module, name: name}, opts \\ []) do
    opts = Keyword.validate!(opts, [:fuel, :memory, :stack])

    for {key, value} <- opts, value != nil and not (is_integer(value) and value >= 0) do
      raise ArgumentError, "option #{inspect(key)} must be a whole number from 0 on, got: #{inspect(value)}"
    end

    case Tenon.Native.new_instance(module, opts[:fuel], opts[:memory], opts[:stack]) do
      {:ok, ref} -> {:ok, %__MODULE__{ref: ref, name: name}}
      {:error, error} -> {:error, Tenon.Error.from_native(error)}
    end
  end

  @doc "As `new/2`; raises `Tenon.Error`."
  @spec new!(Tenon.Module.t(), keyword) :: t
  def new!(module, opts \\ []), do: Tenon.bang(new(module, opts))

  @doc "Stops the call that runs in the instance now. Any process may do so."
  @spec interrupt(t) :: :ok
  def interrupt(%__MODULE__{ref: ref}), do: Tenon.Native.interrupt(ref)

  defimpl Inspect do
    def inspect(%{name: name}, _opts), do: "#Tenon.Instance<#{name}>"
  end
end

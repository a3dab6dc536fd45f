defmodule Tenon.Native do
  @moduledoc false
  # The NIF's functions. Loading never fails the module: a call then raises with the recorded reason.

  @nifs [
    compile: 2,
    compile_path: 1,
    new_instance: 4,
    bind: 2,
    call: 3,
    call: 4,
    call: 5,
    call: 6,
    call: 7,
    call_list: 4,
    invoke: 2,
    invoke: 3,
    invoke: 4,
    invoke: 5,
    invoke: 6,
    invoke_list: 3,
    functions: 1,
    interrupt: 1,
    version: 0,
    live_handles: 0
  ]
  @on_load :load

  def load do
    path = Application.app_dir(:tenon, "priv/tenon_nif")

    case :erlang.load_nif(to_charlist(path), 0) do
      :ok -> :ok
      {:error, {_, reason}} -> :persistent_term.put(__MODULE__, {path, to_string(reason)})
    end

    :ok
  rescue
    e ->
      :persistent_term.put(__MODULE__, {"priv/tenon_nif", Exception.message(e)})
      :ok
  end

  def nifs, do: @nifs

  for {name, arity} <- @nifs do
    args = Macro.generate_arguments(arity, __MODULE__)

    def unquote(name)(unquote_splicing(args)) do
      _ = unquote(args)
      not_loaded()
    end
  end

  defp not_loaded do
    {path, reason} = :persistent_term.get(__MODULE__, {"priv/tenon_nif", "it was not loaded"})

    raise Tenon.Error,
      kind: :native,
      message: "the NIF of :tenon could not be loaded from #{path}: #{reason}"
  end
end

using System.Diagnostics;
using System.Globalization;
using System.Net;
using GpuGrants.Tool;

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>The real service as a process of its own, which can be killed like one.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private readonly Process _process;

    private ServiceProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    /// <summary>Starts the service on the database and waits until it answers.</summary>
    public static Task<ServiceProcess> StartAsync(string database, int? port = null, params string[] settings) =>
        StartProcessAsync(database, port, settings);

    /// <summary>Starts the service with further settings.</summary>
    public static Task<ServiceProcess> StartWithAsync(string database, string[] settings, int? port = null) =>
        StartAsync(database, port, settings);

    /// <summary>Starts the service on a private PostgreSQL that keeps its data in the directory.</summary>
    public static Task<ServiceProcess> StartOnDataAsync(string directory) => StartProcessAsync("", null, ["--data", directory]);

    private static async Task<ServiceProcess> StartProcessAsync(string database, int? port, string[] more)
    {
        var address = new Uri($"http://127.0.0.1:{port ?? LoopbackPort.Take()}");
        var info = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        var now = FireClock.Right.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);
        string[] settings =
        [
            "--urls",
            address.ToString(),
            "--RateLimit:Calls=0",
            "--Sweeps:PeriodSeconds=1",
            "--Pipeline:RetrySeconds=2",
            "--Logging:LogLevel:Default=None",
        ];
        var program = Path.Combine(AppContext.BaseDirectory, "GpuGrants.Tool.dll");
        foreach (var argument in (string[])[program, "serve", "--now", now, .. more, .. settings])
            info.ArgumentList.Add(argument);
        info.Environment["Database__ConnectionString"] = database;
        // It runs for seconds: profiling its code costs more than it gains.
        info.Environment["DOTNET_TieredPGO"] = "0";
        var process = Process.Start(info) ?? throw new InvalidOperationException("The service did not start.");
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text)
                Console.Error.WriteLine($"service: {text}");
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var service = new ServiceProcess(process, address);
        await service.UntilReadyAsync();
        return service;
    }

    /// <summary>The most memory that it had so far.</summary>
    public long PeakBytes()
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(one => one.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1_024;
    }

    /// <summary>As <c>kill -9</c>: nothing is finished, nothing is said.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>As a service manager does: it finishes what it has begun.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private async Task UntilReadyAsync()
    {
        using var http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(5) };
        while (true)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"The service ended with {_process.ExitCode} before it answered.");
            try
            {
                using var answer = await http.GetAsync("/health/ready");
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException) { }

            await Task.Delay(50);
        }
    }
}

using System.Net;
using DnsClient;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.People.Domains;

/// <summary>Looks up TXT records: by the machine's name servers or configured ones, in a bounded time, a few at once.</summary>
public sealed class TxtRecords(IOptions<DomainProofOptions> options) : IDisposable
{
    private const int DefaultPort = 53;
    private const int MaxAtOnce = 16;

    /// <summary>The most records that are looked at.</summary>
    private const int MaxRecords = 100;

    private readonly SemaphoreSlim _places = new(MaxAtOnce);
    private readonly Lazy<LookupClient> _client = new(() => new LookupClient(OptionsOf(options.Value)));

    /// <summary>The texts of a name's TXT records.</summary>
    /// <param name="name">The whole name.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>Empty when there is none; null when no name server answered in time.</returns>
    public async Task<IReadOnlyList<string>?> OfAsync(string name, CancellationToken cancellation)
    {
        if (!await _places.WaitAsync(TimeSpan.FromMilliseconds(options.Value.TimeoutMilliseconds), cancellation))
            return null;
        try
        {
            var answer = await _client.Value.QueryAsync(name, QueryType.TXT, cancellationToken: cancellation);
            if (answer.HasError && answer.Header.ResponseCode != DnsHeaderResponseCode.NotExistentDomain)
                return null;
            return [.. answer.Answers.TxtRecords().Take(MaxRecords).Select(record => string.Concat(record.Text))];
        }
        catch (DnsResponseException)
        {
            return null;
        }
        catch (DnsXidMismatchException)
        {
            return null;
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose() => _places.Dispose();

    private static LookupClientOptions OptionsOf(DomainProofOptions options)
    {
        IPEndPoint[] servers = [.. options.NameServers.Select(EndPointOf)];
        var made = servers.Length == 0 ? new LookupClientOptions() : new LookupClientOptions(servers);
        made.Timeout = TimeSpan.FromMilliseconds(options.TimeoutMilliseconds);
        made.Retries = 1;
        // Whoever has just set the record would wait for the memory of an earlier answer.
        made.UseCache = false;
        made.ThrowDnsErrors = false;
        return made;
    }

    private static IPEndPoint EndPointOf(string text)
    {
        var parsed = IPEndPoint.Parse(text);
        return parsed.Port == 0 ? new IPEndPoint(parsed.Address, DefaultPort) : parsed;
    }
}

using System.Globalization;
using CsCheck;
using GpuGrants.Codes;

namespace GpuGrants.Tests.Codes;

/// <summary>A code is read as it was printed, and a typing mistake is found before anything is looked up.</summary>
public class GrantCodeTests
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    private static readonly Gen<GrantCode> Codes = Gen.Byte.Array[12, 32].Select(hash => GrantCode.FromHash(hash));

    private static readonly Gen<int> Places = Gen.Int[0, GrantCode.Length - 1];

    /// <summary>Reckoned by hand: all bits 0, and all bits 1.</summary>
    [Theory]
    [InlineData(0x00, "0000-0000-0000-0000-0000")]
    [InlineData(0xFF, "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZT")]
    public void A_code_has_95_bits_of_its_hash_and_a_check_character(byte bits, string expected)
    {
        var hash = new byte[12];
        Array.Fill(hash, bits);
        Assert.Equal(expected, GrantCode.FromHash(hash).ToString());
    }

    [Fact]
    public void Each_of_the_95_bits_makes_another_code()
    {
        var codes = Enumerable
            .Range(0, 95)
            .Select(bit =>
            {
                var hash = new byte[12];
                hash[bit / 8] = (byte)(0x80 >> (bit % 8));
                return GrantCode.FromHash(hash);
            })
            .ToHashSet();
        Assert.Equal(95, codes.Count);
        Assert.Throws<ArgumentException>(() => GrantCode.FromHash(new byte[11]));
    }

    [Fact]
    public void What_is_printed_is_read_as_the_same_code() =>
        Codes.Sample(code => GrantCode.TryParse(code.ToString(), out var read) && read == code);

    [Fact]
    public void Case_hyphens_and_letters_that_look_like_digits_make_no_difference() =>
        Gen.Select(Codes, Gen.Int[0, 2], Gen.OneOfConst("", "-", " ", " - "), Gen.Bool)
            .Sample(
                (code, ones, between, lower) =>
                {
                    var typed = string.Join(
                        between,
                        code.Symbols.Select(one =>
                            one switch
                            {
                                '0' => "O",
                                '1' => ones switch
                                {
                                    0 => "1",
                                    1 => "I",
                                    _ => "L",
                                },
                                _ => one.ToString(),
                            }
                        )
                    );
                    if (typed.Length > GrantCode.MaxTextLength)
                        return;
                    Assert.True(GrantCode.TryParse(lower ? typed.ToLower(CultureInfo.InvariantCulture) : typed, out var read));
                    Assert.Equal(code, read);
                }
            );

    [Fact]
    public void One_wrong_character_is_found() =>
        Gen.Select(Codes, Places, Gen.Int[0, Alphabet.Length - 1])
            .Sample(
                (code, place, digit) =>
                    Assert.Equal(code.Symbols[place] == Alphabet[digit], Reads(With(code, symbols => symbols[place] = Alphabet[digit])))
            );

    /// <summary>Neighbours, and characters around one between them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Two_characters_in_each_others_place_are_found(int distance) =>
        Gen.Select(Codes, Gen.Int[0, GrantCode.Length - 1 - distance])
            .Sample(
                (code, place) =>
                {
                    var swapped = With(
                        code,
                        symbols => (symbols[place], symbols[place + distance]) = (symbols[place + distance], symbols[place])
                    );
                    Assert.Equal(swapped == code.Symbols, Reads(swapped));
                }
            );

    [Fact]
    public void A_wrong_pair_for_a_pair_is_found() =>
        Gen.Select(Codes, Gen.Int[0, GrantCode.Length - 2], Gen.Int[0, Alphabet.Length - 1], Gen.Int[0, Alphabet.Length - 1])
            .Sample(
                (code, place, one, other) =>
                {
                    // A code with a pair of the same character, made by whatever check character fits.
                    var pair = With(code, symbols => symbols[place] = symbols[place + 1] = Alphabet[one]);
                    if (Alphabet.Select(last => pair[..^1] + last).FirstOrDefault(Reads) is not { } right || place == GrantCode.Length - 2)
                        return;
                    var wrong = right.ToCharArray();
                    wrong[place] = wrong[place + 1] = Alphabet[other];
                    Assert.Equal(one == other, Reads(new string(wrong)));
                }
            );

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0000-0000-0000-0000-000")]
    [InlineData("0000-0000-0000-0000-0000-0")]
    [InlineData("U000-0000-0000-0000-0000")]
    [InlineData("0000_0000_0000_0000_0000")]
    [InlineData("０000-0000-0000-0000-0000")]
    [InlineData("0000-0000-0000-0000-0000                                                      ")]
    public void What_is_no_code_is_not_read(string? text) => Assert.False(GrantCode.TryParse(text, out _));

    [Fact]
    public void What_nothing_made_has_no_characters() => Assert.Throws<InvalidOperationException>(() => default(GrantCode).Symbols);

    private static bool Reads(string text) => GrantCode.TryParse(text, out _);

    private static string With(GrantCode code, Action<char[]> change)
    {
        var symbols = code.Symbols.ToCharArray();
        change(symbols);
        return new string(symbols);
    }
}
